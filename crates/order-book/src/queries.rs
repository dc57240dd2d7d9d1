//! What can be asked of a book.

use crate::arena::LevelNode;
use crate::book::key;
use crate::{NONE, OrderBook, OrderId, Price, Quantity, RestingOrder, Side};

/// What rests at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// The open quantity of all orders there.
    pub quantity: Quantity,
    /// How many orders, at least one.
    pub orders: u32,
}

/// What will trade before an order at its own price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// How many orders.
    pub orders_ahead: u32,
    /// How much they are together.
    pub quantity_ahead: Quantity,
}

impl OrderBook {
    /// The highest price that anybody buys at.
    #[inline]
    pub fn best_bid(&self) -> Option<Level> {
        self.best(Side::Buy)
    }

    /// The lowest price that anybody sells at.
    #[inline]
    pub fn best_ask(&self) -> Option<Level> {
        self.best(Side::Sell)
    }

    /// The best level of a side.
    #[inline]
    pub fn best(&self, side: Side) -> Option<Level> {
        match self.sides[side as usize].best {
            NONE => None,
            level => Some(self.level(level)),
        }
    }

    /// What rests at a price.
    pub fn depth_at(&self, side: Side, price: Price) -> Option<Level> {
        self.ladder.find(side, key(side, price.0)).map(|level| self.level(level))
    }

    /// The levels of a side from the best price on; a step each, so the first `n` cost `n`.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        self.levels_of(side).map(|level| self.level(level))
    }

    /// How many price levels a side has.
    pub fn level_count(&self, side: Side) -> usize {
        self.sides[side as usize].levels as usize
    }

    /// The open quantity of a whole side.
    pub fn side_quantity(&self, side: Side) -> Quantity {
        Quantity(self.sides[side as usize].quantity)
    }

    /// How many orders rest.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no order rests.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An order by its id.
    pub fn order(&self, id: OrderId) -> Option<RestingOrder> {
        self.find(id).map(|order| self.resting(order))
    }

    /// An order's place in the queue at its price. Walks to both ends at once, so that it costs the
    /// distance to the nearer one.
    pub fn queue_place(&self, id: OrderId) -> Option<QueuePlace> {
        let order = self.find(id)?;
        let level = &self.levels[self.orders[order].level];
        let (mut ahead, mut behind) = (order, order);
        let (mut lots_ahead, mut lots_behind) = (0, self.orders[order].quantity);
        let mut steps = 0;
        loop {
            ahead = self.orders[ahead].previous;
            if ahead == NONE {
                let quantity_ahead = Quantity(lots_ahead);
                return Some(QueuePlace { orders_ahead: steps, quantity_ahead });
            }
            behind = self.orders[behind].next;
            if behind == NONE {
                let quantity_ahead = Quantity(level.quantity - lots_behind);
                return Some(QueuePlace { orders_ahead: level.orders - 1 - steps, quantity_ahead });
            }
            lots_ahead += self.orders[ahead].quantity;
            lots_behind += self.orders[behind].quantity;
            steps += 1;
        }
    }

    /// All resting orders in canonical order: bids, then asks; of each the best price first; first in
    /// first out at each price.
    pub fn orders(&self) -> impl Iterator<Item = RestingOrder> {
        Side::BOTH
            .into_iter()
            .flat_map(|side| self.levels_of(side))
            .flat_map(|level| self.queue_of(level))
            .map(|order| self.resting(order))
    }

    fn level(&self, level: u32) -> Level {
        let LevelNode { price, quantity, orders, .. } = self.levels[level];
        Level { price: Price(price), quantity: Quantity(quantity), orders }
    }

    /// The levels of a side from the best on.
    pub(crate) fn levels_of(&self, side: Side) -> impl Iterator<Item = u32> {
        let best = self.sides[side as usize].best;
        std::iter::successors((best != NONE).then_some(best), move |level| {
            let LevelNode { price, leaf, .. } = self.levels[*level];
            self.ladder.next(leaf, key(side, price))
        })
    }

    pub(crate) fn key_of(&self, side: Side, level: u32) -> u64 {
        key(side, self.levels[level].price)
    }
}
