//! What must hold of a book between two commands. Debug builds check it as they go.

use crate::{NONE, OrderBook, Side};

impl OrderBook {
    /// In debug builds: checks everything, after every command while the book is small, else once in
    /// as many commands as it has orders.
    #[inline]
    pub(crate) fn debug_check(&mut self) {
        #[cfg(debug_assertions)]
        {
            const SMALL_ORDERS: usize = 64;
            if self.next_check == 0 {
                self.assert_invariants();
                self.next_check = self.len().saturating_sub(SMALL_ORDERS);
            } else {
                self.next_check -= 1;
            }
        }
    }

    /// Checks that levels are sorted, sums equal, the book not crossed and the index complete. Costs
    /// a few steps an order.
    ///
    /// # Panics
    /// If something of that does not hold: an error of this crate.
    pub fn assert_invariants(&self) {
        let orders: usize = Side::BOTH.map(|side| self.assert_side(side)).iter().sum();
        assert_eq!(orders, self.index.len(), "orders in queues and in the index");
        let [bid, ask] = Side::BOTH.map(|side| self.best(side));
        if let (Some(bid), Some(ask)) = (bid, ask) {
            assert!(bid.price < ask.price, "crossed: {bid:?}, {ask:?}");
        }
        self.ladder.assert_shape();
    }

    /// Returns how many orders the side has.
    fn assert_side(&self, side: Side) -> usize {
        let totals = &self.sides[side as usize];
        assert_eq!(totals.best, self.ladder.first(side).unwrap_or(NONE), "best level of {side:?}");
        let (mut orders, mut quantity, mut levels, mut last_key) = (0, 0, 0, None);
        for level in self.levels_of(side) {
            let key = self.key_of(side, level);
            assert!(last_key < Some(key), "levels of {side:?} are sorted");
            assert!(last_key.is_some() || key == totals.best_key, "best key of {side:?}");
            last_key = Some(key);
            orders += self.assert_level(side, level);
            quantity += self.levels[level].quantity;
            levels += 1;
        }
        assert_eq!((quantity, levels), (totals.quantity, totals.levels), "totals of {side:?}");
        orders
    }

    /// Returns how many orders the level has.
    fn assert_level(&self, side: Side, level: u32) -> usize {
        let node = &self.levels[level];
        assert_eq!(self.ladder.find(side, self.key_of(side, level)), Some(level), "level's leaf");
        let (mut orders, mut quantity, mut previous) = (0, 0, NONE);
        for order in self.queue_of(level) {
            let queued = &self.orders[order];
            assert!(queued.quantity > 0, "an order without quantity rests");
            assert_eq!((queued.terms.side, queued.level), (side, level), "order's level");
            assert_eq!(queued.previous, previous, "order's place in the queue");
            let indexed = self.index.find(queued.id, &self.orders);
            assert_eq!(indexed, Some(order), "order's entry in the index");
            previous = order;
            quantity += queued.quantity;
            orders += 1;
        }
        assert_eq!(previous, node.tail, "last order of the level");
        assert_eq!((quantity, orders), (node.quantity, node.orders as usize), "sums of the level");
        assert!(orders > 0, "an empty level");
        orders
    }
}
