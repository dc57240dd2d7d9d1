//! Why a command was refused: stable codes that clients may rely on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which rule an order broke. The code on the wire never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionReason {
    /// The order has no item.
    NoItems,
    /// The order has more than [`ITEMS_MAX`](crate::purchase::ITEMS_MAX) items.
    TooManyItems,
    /// An item's quantity is 0.
    QuantityBelowOne,
    /// An item's price is below 0.
    NegativePrice,
    /// An item is priced in another currency than the order.
    MixedCurrencies,
    /// The total is not the sum of quantity times price over all items.
    TotalMismatch,
    /// The idempotency key was used before, with another body.
    IdempotencyKeyReused,
}

impl RejectionReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::NoItems,
        Self::TooManyItems,
        Self::QuantityBelowOne,
        Self::NegativePrice,
        Self::MixedCurrencies,
        Self::TotalMismatch,
        Self::IdempotencyKeyReused,
    ];

    /// The stable code, such as `total-mismatch`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoItems => "no-items",
            Self::TooManyItems => "too-many-items",
            Self::QuantityBelowOne => "quantity-below-one",
            Self::NegativePrice => "negative-price",
            Self::MixedCurrencies => "mixed-currencies",
            Self::TotalMismatch => "total-mismatch",
            Self::IdempotencyKeyReused => "idempotency-key-reused",
        }
    }

    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for RejectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
