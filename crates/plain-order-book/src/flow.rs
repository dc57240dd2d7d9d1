//! Flows of messages, and how a book takes them.

use order_book::{
    Event, NewOrder, OrderId, OrderKind, OwnerId, Price, Quantity, SelfTrade, Side, TimeInForce,
};

use crate::{Market, Random};

/// One message of a flow, small because there are millions.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    pub(crate) id: u64,
    pub(crate) price: i64,
    pub(crate) quantity: u32,
    pub(crate) side: Side,
    pub(crate) verb: Verb,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Rest,
    Take,
    Amend,
    Cancel,
}

impl Message {
    /// Gives the message to a book; `sink` hears what happens. Refusals are part of every day.
    #[inline]
    pub fn apply(&self, book: &mut impl Market, sink: &mut impl FnMut(Event)) {
        let (id, price) = (OrderId(self.id), Price(self.price));
        let quantity = Quantity(self.quantity.into());
        let time_in_force = match self.verb {
            Verb::Rest => TimeInForce::GoodTillCancelled,
            Verb::Take => TimeInForce::ImmediateOrCancel,
            Verb::Amend => {
                let _ = book.amend(id, price, quantity, sink);
                return;
            }
            Verb::Cancel => {
                let _ = book.cancel(id);
                return;
            }
        };
        let order = NewOrder {
            id,
            owner: OwnerId(self.id),
            side: self.side,
            quantity,
            kind: OrderKind::Limit { price, time_in_force },
            self_trade: SelfTrade::Allow,
        };
        let _ = book.submit(&order, sink);
    }
}

/// A flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Its name.
    pub name: &'static str,
    /// Its messages in order.
    pub messages: Vec<Message>,
}

impl Flow {
    /// The messages of whole lives, each with its time, in the order of time.
    pub(crate) fn in_order(name: &'static str, mut timed: Vec<(f64, Message)>) -> Self {
        timed.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { name, messages: timed.into_iter().map(|(_, message)| message).collect() }
    }

    /// The same flow with ids spread over all of 64 bits.
    #[must_use]
    pub fn with_sparse_ids(mut self) -> Self {
        for message in &mut self.messages {
            message.id = Random::new(message.id).next();
        }
        self
    }
}
