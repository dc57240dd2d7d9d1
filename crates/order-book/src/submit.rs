//! New orders and amended ones: what each kind does before and after matching.

use crate::arena::{OrderNode, Terms};
use crate::book::key;
use crate::matching::{Stop, Taker};
use crate::{
    CancelReason, Event, NONE, NewOrder, OrderBook, OrderId, OrderKind, Price, Quantity, Refused,
    RestingOrder, Side, TimeInForce,
};

impl OrderBook {
    /// Lets an order into the book: it trades with what it may, best price first, first in first out
    /// at each price, at the resting orders' prices. Returns what rests of it now, which is nothing
    /// when it was filled or cancelled; `sink` hears what happened, in order.
    #[inline]
    pub fn submit(
        &mut self,
        order: &NewOrder,
        sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused> {
        if order.quantity == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        if self.find(order.id).is_some() {
            return Err(Refused::DuplicateId);
        }
        let open = match order.kind {
            OrderKind::Limit { price, time_in_force } => {
                self.submit_limit(order, price, time_in_force, sink)?
            }
            OrderKind::Market { worst } => {
                let limit = worst.map_or(u64::MAX, |worst| key(order.side.opposite(), worst.0));
                self.take_only(Taker::new(order, limit), sink)
            }
        };
        self.debug_check();
        Ok(Quantity(open))
    }

    #[inline]
    fn submit_limit(
        &mut self,
        order: &NewOrder,
        price: Price,
        time_in_force: TimeInForce,
        sink: &mut impl FnMut(Event),
    ) -> Result<u64, Refused> {
        if time_in_force.rests() {
            return self.take_and_rest(order, price, time_in_force, sink);
        }
        let taker = Taker::new(order, key(order.side.opposite(), price.0));
        if time_in_force == TimeInForce::FillOrKill && !self.can_fill(&taker) {
            return Err(Refused::NotFillable);
        }
        Ok(self.take_only(taker, sink))
    }

    #[inline]
    fn take_and_rest(
        &mut self,
        order: &NewOrder,
        price: Price,
        time_in_force: TimeInForce,
        sink: &mut impl FnMut(Event),
    ) -> Result<u64, Refused> {
        let mut taker = Taker::new(order, key(order.side.opposite(), price.0));
        self.check_room(order.side, order.quantity.0)?;
        let price = self.post_price(order.side, price, time_in_force)?;
        if time_in_force == TimeInForce::GoodTillCancelled {
            let stop = self.take(&mut taker, sink);
            if !finish(&mut taker, stop, sink) {
                return Ok(0);
            }
        }
        let quantity = Quantity(taker.open);
        let NewOrder { id, owner, side, self_trade, .. } = *order;
        self.add(&RestingOrder { id, owner, side, price, quantity, time_in_force, self_trade });
        sink(Event::Rested { order: id, price, quantity });
        Ok(taker.open)
    }

    /// Puts an order, which is known to have its place, at the back of its price level.
    #[inline]
    pub(crate) fn add(&mut self, order: &RestingOrder) {
        let terms = Terms {
            side: order.side,
            time_in_force: order.time_in_force,
            self_trade: order.self_trade,
        };
        let (id, owner, quantity) = (order.id.0, order.owner, order.quantity.0);
        let node =
            OrderNode { id, owner, quantity, next: NONE, previous: NONE, level: NONE, terms };
        let made = self.orders.make(node);
        self.index.insert(id, made, &self.orders);
        self.enter_queue(made, order.price.0);
    }

    /// Gives an order another price or open quantity, or both. At the same price with a smaller
    /// quantity it keeps its place, and the sink hears nothing. Otherwise it leaves and enters again
    /// at the back, and trades like a new order of the same terms if it crosses; its own self-trade
    /// choice counts. Returns what is open of it now.
    pub fn amend(
        &mut self,
        id: OrderId,
        price: Price,
        quantity: Quantity,
        sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused> {
        if quantity == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        let order = self.find(id).ok_or(Refused::UnknownOrder)?;
        let OrderNode { quantity: open, level, terms, .. } = self.orders[order];
        let open = if price.0 == self.levels[level].price && quantity.0 < open {
            self.shrink(order, open - quantity.0);
            quantity.0
        } else {
            self.check_quantity(terms.side, open, quantity.0)?;
            let price = self.post_price(terms.side, price, terms.time_in_force)?;
            self.enter_again(order, price, quantity.0, sink)
        };
        self.debug_check();
        Ok(Quantity(open))
    }

    fn enter_again(
        &mut self,
        order: u32,
        price: Price,
        quantity: u64,
        sink: &mut impl FnMut(Event),
    ) -> u64 {
        self.leave_queue(order);
        let OrderNode { id, owner, terms, .. } = self.orders[order];
        let mut taker = Taker {
            id: OrderId(id),
            owner,
            side: terms.side,
            limit: key(terms.side.opposite(), price.0),
            open: quantity,
            self_trade: terms.self_trade,
        };
        let stop = self.take(&mut taker, sink);
        if finish(&mut taker, stop, sink) {
            self.orders[order].quantity = taker.open;
            self.enter_queue(order, price.0);
            let quantity = Quantity(taker.open);
            sink(Event::Rested { order: taker.id, price, quantity });
            return taker.open;
        }
        self.index.remove(id, &self.orders);
        self.orders.release(order);
        0
    }

    /// Matches an order that never rests.
    fn take_only(&mut self, mut taker: Taker, sink: &mut impl FnMut(Event)) -> u64 {
        let stop = self.take(&mut taker, sink);
        if finish(&mut taker, stop, sink) {
            taker.cancel(CancelReason::Unfilled, sink);
        }
        0
    }

    /// Whether an order may come to rest.
    #[inline]
    pub(crate) fn check_room(&self, side: Side, quantity: u64) -> Result<(), Refused> {
        if self.index.len() >= self.limits.orders_max as usize {
            return Err(Refused::BookFull);
        }
        self.check_quantity(side, 0, quantity)
    }

    /// Whether a side has room for `new` lots instead of `old` of its own.
    #[inline]
    pub(crate) fn check_quantity(&self, side: Side, old: u64, new: u64) -> Result<(), Refused> {
        let others = self.sides[side as usize].quantity - old;
        others.checked_add(new).map(|_| ()).ok_or(Refused::QuantityOverflow)
    }

    /// The price at which a limit order of these terms may come to rest.
    #[inline]
    pub(crate) fn post_price(
        &self,
        side: Side,
        price: Price,
        time_in_force: TimeInForce,
    ) -> Result<Price, Refused> {
        if time_in_force == TimeInForce::GoodTillCancelled || !self.would_take(side, price) {
            return Ok(price);
        }
        let best = self.levels[self.sides[side.opposite() as usize].best].price;
        let behind = match side {
            Side::Buy => best.checked_sub(1),
            Side::Sell => best.checked_add(1),
        };
        match behind {
            Some(behind) if time_in_force == TimeInForce::PostOnlySlide => Ok(Price(behind)),
            _ => Err(Refused::WouldTake { best: Price(best) }),
        }
    }

    /// Whether an order at this limit would trade.
    #[inline]
    pub(crate) fn would_take(&self, side: Side, price: Price) -> bool {
        let opposite = side.opposite();
        self.sides[opposite as usize].reaches(key(opposite, price.0))
    }
}

/// Whether something is left of the taker that may rest; if matching stopped it, cancels that.
#[inline]
pub(crate) fn finish(taker: &mut Taker, stop: Stop, sink: &mut impl FnMut(Event)) -> bool {
    if let Stop::Cancel(reason) = stop {
        taker.cancel(reason, sink);
    }
    taker.open > 0
}
