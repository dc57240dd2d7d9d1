//! What a command would do, told without doing it: the same checks and the same events as the command
//! itself, on a book that stays as it is.

use crate::arena::OrderNode;
use crate::book::key;
use crate::matching::{Stop, Taker};
use crate::submit::finish;
use crate::{
    CancelReason, Event, NewOrder, OrderBook, OrderId, OrderKind, Price, Quantity, Refused,
    SelfTrade, TimeInForce,
};

impl OrderBook {
    /// Tells what [`submit`](Self::submit) would: the same events, and the same answer. Costs a step a
    /// match.
    pub fn preview(
        &self,
        order: &NewOrder,
        sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused> {
        if order.quantity == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        if self.find(order.id).is_some() {
            return Err(Refused::DuplicateId);
        }
        let opposite = order.side.opposite();
        let (price, time_in_force) = match order.kind {
            OrderKind::Limit { price, time_in_force } => (price, time_in_force),
            OrderKind::Market { worst } => {
                let limit = worst.map_or(u64::MAX, |worst| key(opposite, worst.0));
                return Ok(self.preview_take_only(Taker::new(order, limit), sink));
            }
        };
        let taker = Taker::new(order, key(opposite, price.0));
        if time_in_force.rests() {
            self.check_room(order.side, order.quantity.0)?;
            let price = self.post_price(order.side, price, time_in_force)?;
            return Ok(self.preview_entry(taker, price, sink));
        }
        if time_in_force == TimeInForce::FillOrKill && !self.can_fill(&taker) {
            return Err(Refused::NotFillable);
        }
        Ok(self.preview_take_only(taker, sink))
    }

    /// Tells what [`amend`](Self::amend) would: the same events, and the same answer.
    pub fn preview_amend(
        &self,
        id: OrderId,
        price: Price,
        quantity: Quantity,
        sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused> {
        if quantity == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        let order = self.find(id).ok_or(Refused::UnknownOrder)?;
        let OrderNode { owner, quantity: open, level, terms, .. } = self.orders[order];
        if price.0 == self.levels[level].price && quantity.0 < open {
            return Ok(quantity);
        }
        self.check_quantity(terms.side, open, quantity.0)?;
        let price = self.post_price(terms.side, price, terms.time_in_force)?;
        let taker = Taker {
            id,
            owner,
            side: terms.side,
            limit: key(terms.side.opposite(), price.0),
            open: quantity.0,
            self_trade: terms.self_trade,
        };
        Ok(self.preview_entry(taker, price, sink))
    }

    /// An order that takes what it may, and rests with what is left.
    fn preview_entry(
        &self,
        mut taker: Taker,
        price: Price,
        sink: &mut impl FnMut(Event),
    ) -> Quantity {
        // One that slid has another limit than it was written with.
        taker.limit = key(taker.side.opposite(), price.0);
        let stop = self.preview_take(&mut taker, sink);
        let quantity = Quantity(taker.open);
        if !finish(&mut taker, stop, sink) {
            return Quantity::ZERO;
        }
        sink(Event::Rested { order: taker.id, price, quantity });
        quantity
    }

    fn preview_take_only(&self, mut taker: Taker, sink: &mut impl FnMut(Event)) -> Quantity {
        let stop = self.preview_take(&mut taker, sink);
        if finish(&mut taker, stop, sink) {
            taker.cancel(CancelReason::Unfilled, sink);
        }
        Quantity::ZERO
    }

    /// Walks along the orders that the taker would meet.
    fn preview_take(&self, taker: &mut Taker, sink: &mut impl FnMut(Event)) -> Stop {
        let opposite = taker.side.opposite();
        let mut matches = 0;
        for level in self.levels_of(opposite) {
            if self.key_of(opposite, level) > taker.limit {
                return Stop::Done;
            }
            for maker in self.queue_of(level) {
                if taker.open == 0 {
                    return Stop::Done;
                }
                if matches == self.limits.matches_max {
                    return Stop::Cancel(CancelReason::MatchLimit);
                }
                matches += 1;
                if let Some(reason) = self.preview_match(maker, taker, sink) {
                    return Stop::Cancel(reason);
                }
            }
        }
        Stop::Done
    }

    /// Meets one order. Some reason: the taker is cancelled.
    fn preview_match(
        &self,
        maker: u32,
        taker: &mut Taker,
        sink: &mut impl FnMut(Event),
    ) -> Option<CancelReason> {
        let OrderNode { id, owner, quantity: open, level, .. } = self.orders[maker];
        let self_trade = if owner == taker.owner { taker.self_trade } else { SelfTrade::Allow };
        if matches!(self_trade, SelfTrade::CancelOldest | SelfTrade::CancelBoth) {
            let (order, quantity) = (OrderId(id), Quantity(open));
            sink(Event::Cancelled { order, quantity, reason: CancelReason::SelfTrade });
        }
        if !matches!(self_trade, SelfTrade::Allow | SelfTrade::Decrement) {
            return (self_trade != SelfTrade::CancelOldest).then_some(CancelReason::SelfTrade);
        }
        let lots = open.min(taker.open);
        taker.open -= lots;
        let (maker, taker, quantity) = (OrderId(id), &*taker, Quantity(lots));
        let (maker_open, taker_open) = (Quantity(open - lots), Quantity(taker.open));
        let taker = taker.id;
        sink(if self_trade == SelfTrade::Decrement {
            Event::Decremented { maker, taker, quantity, maker_open, taker_open }
        } else {
            let price = Price(self.levels[level].price);
            Event::Traded { maker, taker, price, quantity, maker_open, taker_open }
        });
        None
    }
}
