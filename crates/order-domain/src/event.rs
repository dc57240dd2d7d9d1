//! Events: what happened. All events of one command travel in one [`Decision`].

use serde::{Deserialize, Serialize};

use crate::trading::CommandId;
use crate::{
    Fingerprint, NewOrder, Offset, OrderId, Position, RejectionReason, Timestamp, TradingEvent,
};

/// The outcome of exactly one command: one record of `order-events`.
///
/// A reader that has seen a decision drops every other of the same partition whose
/// [`source`](Self::source) is not beyond it: the first decision wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The command's position in `orders`. The decision stands on the same partition of
    /// `order-events`.
    pub source: Position,
    /// The time of the command's record, never earlier than that of the decision before it.
    pub at: Timestamp,
    /// What happened, in order. Never empty.
    pub events: Vec<Event>,
}

/// One thing that happened. Events of a cart become a further variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A purchase keeps all rules and is taken.
    OrderAccepted(OrderAccepted),
    /// A purchase breaks a rule.
    OrderRejected(OrderRejected),
    /// The same command came again. The outcome is that of the first; nothing changes.
    NewOrderRepeated(NewOrderRepeated),
    /// A purchase came with the id of an earlier one but another body. The first one stands.
    NewOrderConflicted(NewOrderConflicted),
    /// The command's record could not be read; it went to `orders-dlt`.
    CommandDeadLettered(CommandDeadLettered),
    /// Something happened on a market.
    Trading(TradingEvent),
}

/// A purchase keeps all rules and is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderAccepted {
    /// The order as it was sent.
    pub order: NewOrder,
    /// Identifies the order's content.
    pub fingerprint: Fingerprint,
}

/// A purchase breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRejected {
    /// The order as it was sent.
    pub order: NewOrder,
    /// Identifies the order's content.
    pub fingerprint: Fingerprint,
    /// Which rule.
    pub reason: RejectionReason,
    /// The rule in words, with the figures that broke it.
    pub detail: String,
}

/// The same command came again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderRepeated {
    /// The order.
    pub order_id: OrderId,
    /// The offset of the first command in `orders`.
    pub first: Offset,
    /// What became of the first.
    pub outcome: Outcome,
}

/// A purchase came with a used id and another body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderConflicted {
    /// The order whose id was used again.
    pub order_id: OrderId,
    /// The offset of the first command in `orders`.
    pub first: Offset,
}

/// A command's record could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandDeadLettered {
    /// What was wrong with the record.
    pub cause: String,
}

/// What became of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Outcome {
    /// Taken.
    Accepted,
    /// Refused.
    Rejected {
        /// Which rule it broke.
        reason: RejectionReason,
    },
}

impl Event {
    /// The command that was decided, of an event that a decision begins with; `None` of any other,
    /// and where the command could not be read.
    pub const fn command_id(&self) -> Option<CommandId> {
        match self {
            Self::Trading(event) => event.command_id(),
            _ => match self.order_id() {
                Some(order_id) => Some(CommandId(order_id.0)),
                None => None,
            },
        }
    }

    /// The order that this event changes. A refused command changes none, and a member may have named
    /// any: also one of a shop, which has nothing to do with it.
    pub const fn subject(&self) -> Option<OrderId> {
        match self {
            Self::Trading(TradingEvent::CommandRefused(_)) => None,
            event => event.order_id(),
        }
    }

    /// The order this event is about; `None` where it is about none, or about several.
    pub const fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::OrderAccepted(event) => Some(event.order.order_id),
            Self::OrderRejected(event) => Some(event.order.order_id),
            Self::NewOrderRepeated(event) => Some(event.order_id),
            Self::NewOrderConflicted(event) => Some(event.order_id),
            Self::CommandDeadLettered(_) => None,
            Self::Trading(event) => event.order_id(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::trading::RefusalReason;
    use crate::trading::event::{CommandRefused, OrderState, OrderUpdated};
    use crate::{Decimal, VenueId};

    #[test]
    fn a_refused_command_is_about_no_order_whichever_it_names() {
        let order_id = OrderId(Uuid::from_u128(7));
        let refused = TradingEvent::CommandRefused(CommandRefused {
            venue: VenueId::new("market/main").unwrap(),
            command_id: CommandId(Uuid::from_u128(8)),
            fingerprint: Fingerprint([0; 16]),
            order_id: Some(order_id),
            reason: RefusalReason::UnknownOrder,
            detail: String::new(),
        });
        assert_eq!(Event::Trading(refused).subject(), None);
        let state = OrderState {
            version: 2,
            executed: Decimal::ZERO,
            remaining: Decimal::ZERO,
            executed_value: Decimal::ZERO,
        };
        let updated = TradingEvent::OrderUpdated(OrderUpdated { order_id, state });
        assert_eq!(Event::Trading(updated).subject(), Some(order_id));
    }
}
