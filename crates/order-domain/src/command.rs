//! Commands: what somebody asks for. A command is a wish; only its decision says what came of it.

use crate::trading::CommandId;
use crate::{NewOrder, OrderId, TradingCommand, VenueId};

/// Everything that can be asked of a venue. Commands of a cart become a further variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take a purchase.
    NewOrder(NewOrder),
    /// Something of a market.
    Trading(TradingCommand),
}

impl Command {
    /// The venue that decides this command; the record's key.
    pub const fn venue(&self) -> &VenueId {
        match self {
            Self::NewOrder(order) => &order.venue,
            Self::Trading(command) => &command.venue,
        }
    }

    /// Identifies the command: one that comes again with this id is the same one. That of a command
    /// that places an order is the order's.
    pub const fn command_id(&self) -> CommandId {
        match self {
            Self::NewOrder(order) => CommandId(order.order_id.0),
            Self::Trading(command) => command.command_id,
        }
    }

    /// The order that this command is about, if it is about one.
    pub const fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::NewOrder(order) => Some(order.order_id),
            Self::Trading(command) => command.order_id(),
        }
    }
}
