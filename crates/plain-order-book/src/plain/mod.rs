//! The plain book: each rule where one looks for it, and no thought for speed.

mod queries;

use std::collections::{BTreeMap, HashMap, VecDeque};

use order_book::{
    CancelReason, Event, Limits, NewOrder, OrderId, OrderKind, Price, Quantity, Refused,
    RestingOrder, SelfTrade, Side, TimeInForce,
};

/// A book with the rules of [`order_book::OrderBook`].
#[derive(Clone, Debug, Default)]
pub struct PlainBook {
    limits: Limits,
    bids: BTreeMap<Price, VecDeque<RestingOrder>>,
    asks: BTreeMap<Price, VecDeque<RestingOrder>>,
    places: HashMap<OrderId, (Side, Price)>,
    /// The open quantity of each side.
    open: [u64; 2],
}

impl PlainBook {
    /// An empty book.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// See [`order_book::OrderBook::submit`].
    pub fn submit(
        &mut self,
        order: &NewOrder,
        sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused> {
        if order.quantity == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        if self.places.contains_key(&order.id) {
            return Err(Refused::DuplicateId);
        }
        match order.kind {
            OrderKind::Market { worst } => Ok(self.take_and_drop(order, worst, sink)),
            OrderKind::Limit { price, time_in_force: TimeInForce::ImmediateOrCancel } => {
                Ok(self.take_and_drop(order, Some(price), sink))
            }
            OrderKind::Limit { price, time_in_force: TimeInForce::FillOrKill } => {
                if self.would_fill(order, price) {
                    Ok(self.take_and_drop(order, Some(price), sink))
                } else {
                    Err(Refused::NotFillable)
                }
            }
            OrderKind::Limit { price, time_in_force } => {
                if self.places.len() >= self.limits.orders_max as usize {
                    return Err(Refused::BookFull);
                }
                self.check_quantity(order.side, order.quantity)?;
                let price = self.post_price(order.side, price, time_in_force)?;
                let NewOrder { id, owner, side, quantity, self_trade, .. } = *order;
                Ok(self.take_and_rest(
                    RestingOrder { id, owner, side, price, quantity, time_in_force, self_trade },
                    sink,
                ))
            }
        }
    }

    /// See [`order_book::OrderBook::cancel`].
    pub fn cancel(&mut self, id: OrderId) -> Result<RestingOrder, Refused> {
        let (side, price) = self.places.remove(&id).ok_or(Refused::UnknownOrder)?;
        let levels = self.side_mut(side);
        let queue = levels.get_mut(&price).expect("the place is right");
        let at = queue.iter().position(|order| order.id == id).expect("the place is right");
        let order = queue.remove(at).expect("it was found");
        if queue.is_empty() {
            levels.remove(&price);
        }
        self.open[side as usize] -= order.quantity.0;
        Ok(order)
    }

    /// See [`order_book::OrderBook::reduce`].
    pub fn reduce(&mut self, id: OrderId, by: Quantity) -> Result<Quantity, Refused> {
        if by == Quantity::ZERO {
            return Err(Refused::ZeroQuantity);
        }
        let order = self.find_mut(id).ok_or(Refused::UnknownOrder)?;
        if order.quantity <= by {
            self.cancel(id)?;
            return Ok(Quantity::ZERO);
        }
        order.quantity.0 -= by.0;
        let RestingOrder { side, quantity, .. } = *order;
        self.open[side as usize] -= by.0;
        Ok(quantity)
    }

    /// See [`order_book::OrderBook::amend`].
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
        let order = self.find_mut(id).ok_or(Refused::UnknownOrder)?;
        if order.price == price && quantity < order.quantity {
            let less = order.quantity.0 - quantity.0;
            return self.reduce(id, Quantity(less));
        }
        let old = *order;
        let more = quantity.0.saturating_sub(old.quantity.0);
        self.check_quantity(old.side, Quantity(more))?;
        let price = self.post_price(old.side, price, old.time_in_force)?;
        self.cancel(id)?;
        Ok(self.take_and_rest(RestingOrder { price, quantity, ..old }, sink))
    }

    fn take_and_drop(
        &mut self,
        order: &NewOrder,
        limit: Option<Price>,
        sink: &mut impl FnMut(Event),
    ) -> Quantity {
        let mut taker = *order;
        match self.take(&mut taker, limit, sink) {
            Some(reason) => cancel_rest(&taker, reason, sink),
            None if taker.quantity > Quantity::ZERO => {
                cancel_rest(&taker, CancelReason::Unfilled, sink);
            }
            None => {}
        }
        Quantity::ZERO
    }

    fn take_and_rest(&mut self, order: RestingOrder, sink: &mut impl FnMut(Event)) -> Quantity {
        let RestingOrder { id, owner, side, price, quantity, time_in_force, self_trade } = order;
        let kind = OrderKind::Limit { price, time_in_force };
        let mut taker = NewOrder { id, owner, side, quantity, kind, self_trade };
        if let Some(reason) = self.take(&mut taker, Some(price), sink) {
            cancel_rest(&taker, reason, sink);
            return Quantity::ZERO;
        }
        let quantity = taker.quantity;
        if quantity > Quantity::ZERO {
            let queue = self.side_mut(side).entry(price).or_default();
            queue.push_back(RestingOrder { quantity, ..order });
            self.places.insert(id, (side, price));
            self.open[side as usize] += quantity.0;
            sink(Event::Rested { order: id, price, quantity });
        }
        quantity
    }

    /// Matches until nothing is left or in reach. Some reason: what is left must be cancelled.
    fn take(
        &mut self,
        taker: &mut NewOrder,
        limit: Option<Price>,
        sink: &mut impl FnMut(Event),
    ) -> Option<CancelReason> {
        let mut matches = 0;
        while taker.quantity > Quantity::ZERO {
            let best = self.best_price(taker.side.opposite())?;
            if !reaches(taker.side, limit, best) {
                return None;
            }
            if matches == self.limits.matches_max {
                return Some(CancelReason::MatchLimit);
            }
            matches += 1;
            let queue = self.side_mut(taker.side.opposite()).get_mut(&best).expect("the best");
            let maker = queue.front_mut().expect("no level is empty");
            let lots = maker.quantity.min(taker.quantity);
            let own = maker.owner == taker.owner && taker.self_trade != SelfTrade::Allow;
            if own && taker.self_trade != SelfTrade::Decrement {
                let (order, quantity) = (maker.id, maker.quantity);
                if taker.self_trade != SelfTrade::CancelNewest {
                    self.cancel(order).expect("the maker is there");
                    sink(Event::Cancelled { order, quantity, reason: CancelReason::SelfTrade });
                }
                if taker.self_trade != SelfTrade::CancelOldest {
                    return Some(CancelReason::SelfTrade);
                }
                continue;
            }
            maker.quantity.0 -= lots.0;
            let (maker, maker_open) = (maker.id, maker.quantity);
            taker.quantity.0 -= lots.0;
            self.open[taker.side.opposite() as usize] -= lots.0;
            let (taker, taker_open, quantity) = (taker.id, taker.quantity, lots);
            if maker_open == Quantity::ZERO {
                self.cancel(maker).expect("the maker is there");
            }
            sink(if own {
                Event::Decremented { maker, taker, quantity, maker_open, taker_open }
            } else {
                Event::Traded { maker, taker, price: best, quantity, maker_open, taker_open }
            });
        }
        None
    }

    /// Tries it on a copy.
    fn would_fill(&self, order: &NewOrder, limit: Price) -> bool {
        let mut traded = 0_u128;
        self.clone().take(&mut { *order }, Some(limit), &mut |event| {
            if let Event::Traded { quantity, .. } = event {
                traded += u128::from(quantity.0);
            }
        });
        traded == u128::from(order.quantity.0)
    }

    fn check_quantity(&self, side: Side, more: Quantity) -> Result<(), Refused> {
        match self.open[side as usize].checked_add(more.0) {
            Some(_) => Ok(()),
            None => Err(Refused::QuantityOverflow),
        }
    }

    fn post_price(
        &self,
        side: Side,
        price: Price,
        time_in_force: TimeInForce,
    ) -> Result<Price, Refused> {
        let post_only = time_in_force != TimeInForce::GoodTillCancelled;
        match self.best_price(side.opposite()) {
            Some(best) if post_only && reaches(side, Some(price), best) => {
                let behind = match side {
                    Side::Buy => best.0.checked_sub(1),
                    Side::Sell => best.0.checked_add(1),
                };
                behind
                    .filter(|_| time_in_force == TimeInForce::PostOnlySlide)
                    .map(Price)
                    .ok_or(Refused::WouldTake { best })
            }
            _ => Ok(price),
        }
    }

    fn best_price(&self, side: Side) -> Option<Price> {
        match side {
            Side::Buy => self.bids.last_key_value(),
            Side::Sell => self.asks.first_key_value(),
        }
        .map(|(price, _)| *price)
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Price, VecDeque<RestingOrder>> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn find_mut(&mut self, id: OrderId) -> Option<&mut RestingOrder> {
        let (side, price) = *self.places.get(&id)?;
        self.side_mut(side).get_mut(&price)?.iter_mut().find(|order| order.id == id)
    }
}

/// Whether an order of this side and limit trades at the opposite price `best`.
fn reaches(side: Side, limit: Option<Price>, best: Price) -> bool {
    limit.is_none_or(|limit| match side {
        Side::Buy => best <= limit,
        Side::Sell => best >= limit,
    })
}

fn cancel_rest(taker: &NewOrder, reason: CancelReason, sink: &mut impl FnMut(Event)) {
    sink(Event::Cancelled { order: taker.id, quantity: taker.quantity, reason });
}
