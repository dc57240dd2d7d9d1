//! Where an order stands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an order stands, as clients see it.
///
/// | status | it is open | executed | how it came there |
/// |---|---|---|---|
/// | `New` | yes | nothing | [`OrderAccepted`](super::event::OrderAccepted) |
/// | `PartiallyFilled` | yes | a part | [`OrderUpdated`](super::event::OrderUpdated) |
/// | `Executed` | no | all | [`OrderClosed`](super::event::OrderClosed), nothing cancelled |
/// | `Cancelled` | no | nothing | [`OrderCancelled`](super::event::OrderCancelled), then `OrderClosed` |
/// | `Closed` | no | a part | the same, after a part was executed |
/// | `Rejected` | never was | nothing | [`OrderRejected`](super::event::OrderRejected) |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderStatus {
    /// Open; nothing is executed.
    New,
    /// Open; a part is executed.
    PartiallyFilled,
    /// All is executed.
    Executed,
    /// It ended with nothing executed.
    Cancelled,
    /// It ended with a part executed and the rest cancelled.
    Closed,
    /// It was never taken.
    Rejected,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::PartiallyFilled,
        Self::Executed,
        Self::Cancelled,
        Self::Closed,
        Self::Rejected,
    ];

    /// The name on the wire, such as `partially-filled`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::PartiallyFilled => "partially-filled",
            Self::Executed => "executed",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether more can happen to the order.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::PartiallyFilled)
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
