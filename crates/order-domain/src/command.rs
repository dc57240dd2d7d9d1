//! Commands: what somebody asks for. A command is a wish; only its decision says what came of it.

use crate::{NewOrder, OrderId, VenueId};

/// Everything that can be asked of a venue. Commands of a market or a cart become further variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take a purchase.
    NewOrder(NewOrder),
}

impl Command {
    /// The venue that decides this command; the record's key.
    pub const fn venue(&self) -> &VenueId {
        match self {
            Self::NewOrder(order) => &order.venue,
        }
    }

    /// The order that this command is about.
    pub const fn order_id(&self) -> OrderId {
        match self {
            Self::NewOrder(order) => order.order_id,
        }
    }
}
