//! What the book's matches mean: trades, balances, and what becomes of the orders.

use order_book::{CancelReason, Event as Match};
use order_domain::OrderId;
use order_domain::TradingEvent;
use order_domain::trading::Side;
use order_domain::trading::event::{
    CancelledBy, OrderCancelled, OrderClosed, OrderUpdated, TradeExecuted, TradeSide,
};

use super::Market;
use super::facts::Facts;
use super::ledger::Ledger;
use super::listed::ListedInstrument;
use super::measures::fee;
use super::orders::{OpenOrder, OrderKey, Progress};
use super::registry::{AccountKey, InstrumentKey};

/// The order that came, while it trades.
pub(super) struct Taker {
    pub(super) key: OrderKey,
    pub(super) id: OrderId,
    pub(super) account: AccountKey,
    pub(super) side: Side,
    /// In ticks; `None` for a market order.
    pub(super) limit: Option<i64>,
    pub(super) progress: Progress,
    /// What it still holds, in units of what it gives.
    pub(super) held: u64,
}

/// Turns matches into events, and settles them.
pub(super) struct Execution<'a, 'f> {
    market: &'a Market,
    listed: &'a ListedInstrument,
    ledger: Ledger<'a>,
    facts: &'f mut Facts,
    taker: Taker,
    /// The number of the last trade.
    trade: u64,
}

impl<'a, 'f> Execution<'a, 'f> {
    /// `ledger` has put aside what the taker holds.
    pub(super) fn new(
        market: &'a Market,
        instrument: InstrumentKey,
        ledger: Ledger<'a>,
        taker: Taker,
        facts: &'f mut Facts,
    ) -> Self {
        let listed = &market.instruments[instrument];
        Self { market, listed, ledger, facts, taker, trade: listed.trades }
    }

    pub(super) fn run(mut self, matches: &[Match]) {
        let before = self.taker.progress;
        for happened in matches {
            match *happened {
                Match::Traded { maker, price, quantity, .. } => {
                    self.trade(OrderKey::of_book(maker), price.0, quantity.0);
                }
                Match::Decremented { maker, quantity, .. } => {
                    self.cut_maker(OrderKey::of_book(maker), quantity.0);
                    self.cut_taker(quantity.0, CancelledBy::SelfTrade);
                }
                Match::Cancelled { order, quantity, reason } => {
                    if order == self.taker.key.in_book() {
                        self.cut_taker(quantity.0, cancelled_by(reason));
                    } else {
                        self.cut_maker(OrderKey::of_book(order), quantity.0);
                    }
                }
                Match::Rested { .. } => {}
            }
        }
        if self.taker.progress != before {
            self.taker.progress.version += 1;
            let state = self.taker.progress;
            tell_progress(self.facts, self.taker.id, state, self.listed);
        }
        self.release_rest();
        self.ledger.close(self.facts);
    }

    /// A trade at the maker's price.
    fn trade(&mut self, maker: OrderKey, price: i64, lots: u64) {
        let order = &self.market.orders[maker];
        let measures = &self.listed.measures;
        let value = measures.value(price, lots).expect("a buyer holds more");
        let maker_fee = fee(value, measures.maker_fee);
        let taker_fee = fee(value, measures.taker_fee);

        self.settle(order.account, order.side, lots, value, maker_fee);
        self.settle(self.taker.account, self.taker.side, lots, value, taker_fee);
        self.ledger.keep_fees(self.listed.quote, maker_fee + taker_fee);
        self.taker.held -= self.paid(self.taker.side, lots, value, taker_fee);
        self.taker.progress.fill(lots, value);

        let mut progress = order.progress;
        progress.fill(lots, value);
        let paid = self.paid(order.side, lots, value, maker_fee);
        self.release_of_maker(order, progress.open, paid);

        self.tell_trade(order, price, lots, [maker_fee, taker_fee]);
        progress.version += 1;
        tell_progress(self.facts, order.id, progress, self.listed);
    }

    fn tell_trade(&mut self, maker: &OpenOrder, price: i64, lots: u64, fees: [u64; 2]) {
        let measures = &self.listed.measures;
        let accounts = &self.market.accounts;
        let [maker_fee, taker_fee] = fees;
        let side = |order_id, account: AccountKey, fee| TradeSide {
            order_id,
            account: accounts[account].id.clone(),
            fee: measures.quote(fee),
        };
        self.trade += 1;
        self.facts.push(TradingEvent::TradeExecuted(TradeExecuted {
            trade: self.trade,
            symbol: self.listed.terms.symbol.clone(),
            price: measures.price(price),
            quantity: measures.quantity(lots),
            maker: side(maker.id, maker.account, maker_fee),
            taker: side(self.taker.id, self.taker.account, taker_fee),
            taker_side: self.taker.side,
        }));
    }

    /// What one side of a trade gives of what it holds.
    const fn paid(&self, side: Side, lots: u64, value: u64, fee: u64) -> u64 {
        match side {
            Side::Buy => value + fee,
            Side::Sell => self.listed.measures.base_units(lots),
        }
    }

    /// One side of a trade pays and receives.
    fn settle(&mut self, account: AccountKey, side: Side, lots: u64, value: u64, fee: u64) {
        let ListedInstrument { base, quote, .. } = *self.listed;
        let paid = self.paid(side, lots, value, fee);
        match side {
            Side::Buy => {
                self.ledger.pay(account, quote, paid);
                self.ledger.receive(account, base, self.listed.measures.base_units(lots));
            }
            Side::Sell => {
                self.ledger.pay(account, base, paid);
                self.ledger.receive(account, quote, value - fee);
            }
        }
    }

    /// A resting order loses lots without a trade.
    fn cut_maker(&mut self, maker: OrderKey, lots: u64) {
        let order = &self.market.orders[maker];
        let mut progress = order.progress;
        progress.cut(lots);
        self.release_of_maker(order, progress.open, 0);
        tell_cut(self.facts, order.id, lots, CancelledBy::SelfTrade, self.listed);
        progress.version += 1;
        tell_progress(self.facts, order.id, progress, self.listed);
    }

    fn cut_taker(&mut self, lots: u64, by: CancelledBy) {
        self.taker.progress.cut(lots);
        tell_cut(self.facts, self.taker.id, lots, by, self.listed);
    }

    /// What a resting order needs no longer, now that `open` lots of it are open.
    fn release_of_maker(&mut self, order: &OpenOrder, open: u64, paid: u64) {
        let measures = &self.listed.measures;
        let no_longer = order.hold(measures) - order.hold_of(measures, open) - paid;
        let asset = self.listed.given(order.side);
        self.ledger.release(order.account, asset, no_longer);
    }

    /// What the taker needs no longer.
    fn release_rest(&mut self) {
        let Taker { account, side, limit, progress, held, .. } = self.taker;
        let needed = match limit {
            Some(limit) => self.listed.measures.hold(side, limit, progress.open),
            None => Some(0),
        };
        let needed = needed.expect("less than when it was placed");
        self.ledger.release(account, self.listed.given(side), held - needed);
    }
}

impl Market {
    /// Cancels what is open of an order.
    pub(super) fn cancel_whole(
        &self,
        key: OrderKey,
        by: CancelledBy,
        ledger: &mut Ledger<'_>,
        facts: &mut Facts,
    ) {
        let order = &self.orders[key];
        let listed = &self.instruments[order.instrument];
        let mut progress = order.progress;
        ledger.release(order.account, listed.given(order.side), order.hold(&listed.measures));
        tell_cut(facts, order.id, progress.open, by, listed);
        progress.cut(progress.open);
        progress.version += 1;
        tell_progress(facts, order.id, progress, listed);
    }
}

fn tell_cut(
    facts: &mut Facts,
    order_id: OrderId,
    lots: u64,
    by: CancelledBy,
    listed: &ListedInstrument,
) {
    let quantity = listed.measures.quantity(lots);
    facts.push(TradingEvent::OrderCancelled(OrderCancelled { order_id, quantity, by }));
}

/// Tells what an order has come to: its end, or that it goes on.
fn tell_progress(
    facts: &mut Facts,
    order_id: OrderId,
    progress: Progress,
    listed: &ListedInstrument,
) {
    let state = progress.state(&listed.measures);
    facts.push(match progress.open {
        0 => TradingEvent::OrderClosed(OrderClosed { order_id, status: progress.end(), state }),
        _ => TradingEvent::OrderUpdated(OrderUpdated { order_id, state }),
    });
}

const fn cancelled_by(reason: CancelReason) -> CancelledBy {
    match reason {
        CancelReason::Unfilled => CancelledBy::TimeInForce,
        CancelReason::SelfTrade => CancelledBy::SelfTrade,
        CancelReason::MatchLimit => CancelledBy::TradeLimit,
    }
}
