//! What can be asked of the plain book.

use std::collections::{BTreeMap, VecDeque};

use order_book::{Level, OrderId, Price, Quantity, QueuePlace, RestingOrder, Side, StateHash};

use crate::PlainBook;

impl PlainBook {
    fn side(&self, side: Side) -> &BTreeMap<Price, VecDeque<RestingOrder>> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    /// The queues of a side from the best price on.
    fn queues(&self, side: Side) -> Box<dyn Iterator<Item = &VecDeque<RestingOrder>> + '_> {
        match side {
            Side::Buy => Box::new(self.bids.values().rev()),
            Side::Sell => Box::new(self.asks.values()),
        }
    }

    /// See [`order_book::OrderBook::levels`].
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        self.queues(side).map(level)
    }

    /// See [`order_book::OrderBook::depth_at`].
    pub fn depth_at(&self, side: Side, price: Price) -> Option<Level> {
        self.side(side).get(&price).map(level)
    }

    /// See [`order_book::OrderBook::order`].
    pub fn order(&self, id: OrderId) -> Option<RestingOrder> {
        let (side, price) = *self.places.get(&id)?;
        self.side(side).get(&price)?.iter().find(|order| order.id == id).copied()
    }

    /// See [`order_book::OrderBook::queue_place`].
    pub fn queue_place(&self, id: OrderId) -> Option<QueuePlace> {
        let (side, price) = *self.places.get(&id)?;
        let queue = self.side(side).get(&price)?;
        let ahead = queue.iter().take_while(|order| order.id != id);
        let (orders, lots) = ahead.fold((0, 0), |(n, sum), order| (n + 1, sum + order.quantity.0));
        Some(QueuePlace { orders_ahead: orders, quantity_ahead: Quantity(lots) })
    }

    /// See [`order_book::OrderBook::orders`].
    pub fn orders(&self) -> impl Iterator<Item = RestingOrder> {
        Side::BOTH.into_iter().flat_map(|side| self.queues(side)).flatten().copied()
    }

    /// See [`order_book::OrderBook::state_hash`].
    pub fn state_hash(&self) -> StateHash {
        StateHash::of(self.orders())
    }

    /// How many orders rest.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no order rests.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

fn level(queue: &VecDeque<RestingOrder>) -> Level {
    Level {
        price: queue[0].price,
        quantity: Quantity(queue.iter().map(|order| order.quantity.0).sum()),
        orders: u32::try_from(queue.len()).expect("no more than orders_max"),
    }
}
