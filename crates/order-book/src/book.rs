//! The book: its parts, and the commands that need no matching.

use crate::arena::{LevelNode, Levels, OrderNode, Orders};
use crate::id_index::IdIndex;
use crate::ladder::Ladder;
use crate::{NONE, OrderId, Price, Quantity, Refused, RestingOrder, Side};

/// What bounds a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many orders may rest at once. An order that could come to rest beyond is refused.
    pub orders_max: u32,
    /// How many matches one command may cause: trades, decrements, and resting orders cancelled by
    /// self-trade prevention. What is left of an order that reaches it is cancelled.
    pub matches_max: u32,
}

impl Limits {
    /// Most orders that [`orders_max`](Self::orders_max) can ask for.
    pub const ORDERS_MAX: u32 = 1 << 30;
}

impl Default for Limits {
    /// Four million orders, and no bound on matches but that.
    fn default() -> Self {
        Self { orders_max: 1 << 22, matches_max: u32::MAX }
    }
}

/// What is known of a side without looking at its levels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SideTotals {
    /// The key of the best level; only read while there is one.
    pub(crate) best_key: u64,
    /// The open quantity of all its orders.
    pub(crate) quantity: u64,
    /// The best level, or `NONE`.
    pub(crate) best: u32,
    pub(crate) levels: u32,
}

impl SideTotals {
    const EMPTY: Self = Self { best_key: 0, quantity: 0, best: NONE, levels: 0 };

    /// Whether its best price is one that an opposite order trades at whose limit has this key.
    #[inline]
    pub(crate) fn reaches(&self, limit: u64) -> bool {
        self.best != NONE && self.best_key <= limit
    }
}

/// The key of a price in the ladder: ascends from the best price of the side to the worst.
#[inline]
pub(crate) const fn key(side: Side, price: i64) -> u64 {
    let ascending = price.cast_unsigned() ^ (1 << 63);
    match side {
        Side::Buy => !ascending,
        Side::Sell => ascending,
    }
}

/// The order book of one instrument. See the [crate's documentation](crate).
#[derive(Clone, Debug)]
pub struct OrderBook {
    pub(crate) limits: Limits,
    pub(crate) sides: [SideTotals; 2],
    pub(crate) index: IdIndex,
    pub(crate) orders: Orders,
    pub(crate) levels: Levels,
    pub(crate) ladder: Ladder,
    #[cfg(debug_assertions)]
    pub(crate) next_check: usize,
}

impl Default for OrderBook {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl OrderBook {
    /// An empty book. It takes memory as it fills, and keeps it.
    ///
    /// # Panics
    /// If `limits` ask for more than [`Limits::ORDERS_MAX`].
    pub fn new(limits: Limits) -> Self {
        assert!(limits.orders_max <= Limits::ORDERS_MAX, "orders_max is {}", limits.orders_max);
        Self {
            limits,
            sides: [SideTotals::EMPTY; 2],
            index: IdIndex::new(),
            orders: Orders::new(),
            levels: Levels::new(),
            ladder: Ladder::new(),
            #[cfg(debug_assertions)]
            next_check: 0,
        }
    }

    /// What bounds it.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes the memory for `orders` orders at `levels` prices now, so that nothing is allocated
    /// until there are more. It takes at most 72 bytes an order and 600 a level.
    pub fn reserve(&mut self, orders: u32, levels: u32) {
        let orders = orders.min(self.limits.orders_max) as usize;
        let levels = (levels as usize).min(orders);
        self.orders.reserve(orders);
        self.levels.reserve(levels);
        self.ladder.reserve(levels);
        self.index.reserve(orders, &self.orders);
    }

    /// Takes an order out and returns it as it was.
    #[inline]
    pub fn cancel(&mut self, id: OrderId) -> Result<RestingOrder, Refused> {
        let order = self.index.remove(id.0, &self.orders).ok_or(Refused::UnknownOrder)?;
        let cancelled = self.resting(order);
        self.leave_queue(order);
        self.orders.release(order);
        self.debug_check();
        Ok(cancelled)
    }

    /// Makes an order smaller by `by` lots; it keeps its place. By its open quantity or more cancels
    /// it. Returns what is open of it now.
    pub fn reduce(&mut self, id: OrderId, by: Quantity) -> Result<Quantity, Refused> {
        if by == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        let order = self.find(id).ok_or(Refused::UnknownOrder)?;
        let open = self.orders[order].quantity;
        if by.0 >= open {
            self.cancel(id)?;
            return Ok(Quantity::ZERO);
        }
        self.shrink(order, by.0);
        self.debug_check();
        Ok(Quantity(open - by.0))
    }

    #[inline]
    pub(crate) fn find(&self, id: OrderId) -> Option<u32> {
        self.index.find(id.0, &self.orders)
    }

    /// An order as the outside sees it.
    #[inline]
    pub(crate) fn resting(&self, order: u32) -> RestingOrder {
        let OrderNode { id, owner, quantity, level, terms, .. } = self.orders[order];
        RestingOrder {
            id: OrderId(id),
            owner,
            side: terms.side,
            price: Price(self.levels[level].price),
            quantity: Quantity(quantity),
            time_in_force: terms.time_in_force,
            self_trade: terms.self_trade,
        }
    }

    /// Takes `lots` off an order that keeps at least one.
    #[inline]
    pub(crate) fn shrink(&mut self, order: u32, lots: u64) {
        let node = &mut self.orders[order];
        node.quantity -= lots;
        self.levels[node.level].quantity -= lots;
        self.sides[node.terms.side as usize].quantity -= lots;
    }

    /// Takes an order out of the index and the book.
    #[inline]
    pub(crate) fn remove(&mut self, order: u32) {
        self.index.remove(self.orders[order].id, &self.orders);
        self.leave_queue(order);
        self.orders.release(order);
    }

    /// Puts an order at the back of its price level.
    #[inline]
    pub(crate) fn enter_queue(&mut self, order: u32, price: i64) {
        let OrderNode { quantity, terms, .. } = self.orders[order];
        let level = self.level_at(terms.side, price);
        let LevelNode { tail, .. } = self.levels[level];
        let node = &mut self.orders[order];
        node.level = level;
        node.next = NONE;
        node.previous = tail;
        if tail == NONE {
            self.levels[level].head = order;
        } else {
            self.orders[tail].next = order;
        }
        let level = &mut self.levels[level];
        level.tail = order;
        level.orders += 1;
        level.quantity += quantity;
        self.sides[terms.side as usize].quantity += quantity;
    }

    /// Takes an order out of its price level, and the level away if that empties it.
    #[inline]
    pub(crate) fn leave_queue(&mut self, order: u32) {
        let OrderNode { quantity, next, previous, level, terms, .. } = self.orders[order];
        self.sides[terms.side as usize].quantity -= quantity;
        let node = &mut self.levels[level];
        if node.orders == 1 {
            self.remove_level(terms.side, level);
            return;
        }
        node.orders -= 1;
        node.quantity -= quantity;
        if previous == NONE {
            node.head = next;
        } else {
            self.orders[previous].next = next;
        }
        if next == NONE {
            self.levels[level].tail = previous;
        } else {
            self.orders[next].previous = previous;
        }
    }

    /// The level at a price, made if it lacks.
    #[inline]
    fn level_at(&mut self, side: Side, price: i64) -> u32 {
        let key = key(side, price);
        let leaf = self.ladder.leaf(side, key);
        if let Some(level) = self.ladder.at(leaf, key) {
            return level;
        }
        let level = self.levels.make(price, leaf);
        self.ladder.put(leaf, key, level);
        let totals = &mut self.sides[side as usize];
        totals.levels += 1;
        if totals.best == NONE || key < totals.best_key {
            totals.best = level;
            totals.best_key = key;
        }
        level
    }

    #[inline]
    fn remove_level(&mut self, side: Side, level: u32) {
        let LevelNode { price, leaf, .. } = self.levels[level];
        let removed = key(side, price);
        let totals = &mut self.sides[side as usize];
        totals.levels -= 1;
        if totals.best == level {
            totals.best = self.ladder.next(leaf, removed).unwrap_or(NONE);
            if totals.best != NONE {
                totals.best_key = key(side, self.levels[totals.best].price);
            }
        }
        self.ladder.remove(side, leaf, removed);
        self.levels.release(level);
    }
}
