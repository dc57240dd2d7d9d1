//! Matching an incoming order against the opposite side.

use crate::arena::OrderNode;
use crate::{
    CancelReason, Event, NONE, NewOrder, OrderBook, OrderId, OwnerId, Price, Quantity, SelfTrade,
    Side,
};

/// An order while it takes.
pub(crate) struct Taker {
    pub(crate) id: OrderId,
    pub(crate) owner: OwnerId,
    pub(crate) side: Side,
    /// The opposite side's key of the worst price that it trades at.
    pub(crate) limit: u64,
    /// Lots still to trade.
    pub(crate) open: u64,
    pub(crate) self_trade: SelfTrade,
}

/// Why matching stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The order is filled, or nothing is left within its limit.
    Done,
    /// What is left of the order must be cancelled.
    Cancel(CancelReason),
}

impl Taker {
    #[inline]
    pub(crate) const fn new(order: &NewOrder, limit: u64) -> Self {
        Self {
            id: order.id,
            owner: order.owner,
            side: order.side,
            limit,
            open: order.quantity.0,
            self_trade: order.self_trade,
        }
    }

    /// Cancels what is left.
    pub(crate) fn cancel(&mut self, reason: CancelReason, sink: &mut impl FnMut(Event)) {
        let quantity = Quantity(std::mem::take(&mut self.open));
        sink(Event::Cancelled { order: self.id, quantity, reason });
    }
}

impl OrderBook {
    /// Trades until the taker is filled or meets its limit.
    #[inline]
    pub(crate) fn take(&mut self, taker: &mut Taker, sink: &mut impl FnMut(Event)) -> Stop {
        let opposite = taker.side.opposite() as usize;
        if !self.sides[opposite].reaches(taker.limit) {
            return Stop::Done;
        }
        let mut matches = 0;
        while taker.open > 0 && self.sides[opposite].reaches(taker.limit) {
            if matches == self.limits.matches_max {
                return Stop::Cancel(CancelReason::MatchLimit);
            }
            matches += 1;
            let level = &self.levels[self.sides[opposite].best];
            let (maker, price) = (level.head, level.price);
            if taker.self_trade == SelfTrade::Allow || self.orders[maker].owner != taker.owner {
                self.trade(maker, price, taker, sink);
            } else if let Some(reason) = self.prevent(maker, taker, sink) {
                return Stop::Cancel(reason);
            }
        }
        Stop::Done
    }

    /// Trades with the first order of the best level.
    #[inline]
    fn trade(&mut self, maker: u32, price: i64, taker: &mut Taker, sink: &mut impl FnMut(Event)) {
        let (id, quantity, maker_open) = self.fill(maker, taker);
        sink(Event::Traded {
            maker: id,
            taker: taker.id,
            price: Price(price),
            quantity,
            maker_open,
            taker_open: Quantity(taker.open),
        });
    }

    /// Takes the smaller of both open quantities off maker and taker. Tells the maker's id, that
    /// quantity, and what is open of the maker now.
    #[inline]
    fn fill(&mut self, maker: u32, taker: &mut Taker) -> (OrderId, Quantity, Quantity) {
        let OrderNode { id, quantity: open, .. } = self.orders[maker];
        let lots = open.min(taker.open);
        taker.open -= lots;
        if lots == open {
            self.remove(maker);
        } else {
            self.shrink(maker, lots);
        }
        (OrderId(id), Quantity(lots), Quantity(open - lots))
    }

    /// Keeps the taker from trading with its own owner's order. Some reason: the taker is cancelled.
    #[cold]
    fn prevent(
        &mut self,
        maker: u32,
        taker: &mut Taker,
        sink: &mut impl FnMut(Event),
    ) -> Option<CancelReason> {
        let cancels_maker =
            matches!(taker.self_trade, SelfTrade::CancelOldest | SelfTrade::CancelBoth);
        if cancels_maker {
            let OrderNode { id, quantity, .. } = self.orders[maker];
            self.remove(maker);
            sink(Event::Cancelled {
                order: OrderId(id),
                quantity: Quantity(quantity),
                reason: CancelReason::SelfTrade,
            });
        }
        if taker.self_trade == SelfTrade::Decrement {
            let (id, quantity, maker_open) = self.fill(maker, taker);
            sink(Event::Decremented {
                maker: id,
                taker: taker.id,
                quantity,
                maker_open,
                taker_open: Quantity(taker.open),
            });
        }
        matches!(taker.self_trade, SelfTrade::CancelNewest | SelfTrade::CancelBoth)
            .then_some(CancelReason::SelfTrade)
    }

    /// Whether the taker would be filled whole: within its limit, without meeting an order of its own
    /// owner that stops it, and within the limit of matches. Costs a step a level as long as whole
    /// levels are taken, and a step an order where owners must be compared.
    pub(crate) fn can_fill(&self, taker: &Taker) -> bool {
        let side = taker.side.opposite();
        if self.sides[side as usize].quantity < taker.open {
            return false;
        }
        let (mut missing, mut matches_left) = (taker.open, self.limits.matches_max);
        for level in
            self.levels_of(side).take_while(|level| self.key_of(side, *level) <= taker.limit)
        {
            let node = &self.levels[level];
            if taker.self_trade == SelfTrade::Allow
                && node.quantity < missing
                && node.orders <= matches_left
            {
                missing -= node.quantity;
                matches_left -= node.orders;
                continue;
            }
            for order in self.queue_of(level) {
                let own =
                    taker.self_trade != SelfTrade::Allow && self.orders[order].owner == taker.owner;
                if matches_left == 0 || own && taker.self_trade != SelfTrade::CancelOldest {
                    return false;
                }
                matches_left -= 1;
                if own {
                    continue;
                }
                if self.orders[order].quantity >= missing {
                    return true;
                }
                missing -= self.orders[order].quantity;
            }
        }
        false
    }

    /// The orders of a level, first in first out.
    pub(crate) fn queue_of(&self, level: u32) -> impl Iterator<Item = u32> {
        let head = Some(self.levels[level].head);
        std::iter::successors(head, |order| match self.orders[*order].next {
            NONE => None,
            next => Some(next),
        })
    }
}
