//! A market follows the events of a decision.
//!
//! It takes their word: balances, states and prices are those that they tell, and nothing is matched
//! again. An event about something that the market has never heard of changes nothing.

use order_book::{NewOrder, OrderKind as BookKind, Quantity, RestingOrder};
use order_domain::trading::event::{
    BalanceChanged, InstrumentListed, OrderAccepted, OrderAmended, OrderCancelled, OrderClosed,
    OrderUpdated, TradeExecuted,
};
use order_domain::trading::{CommandId, OrderKind, OrderStatus, RefusalReason, TimeInForce};
use order_domain::{Event, Fingerprint, Offset, OrderId, TradingEvent};

use super::Market;
use super::account::{Account, Balance};
use super::closed::ClosedOrder;
use super::listed::{ListedAsset, ListedInstrument};
use super::measures::{Measures, units};
use super::orders::{OpenOrder, OrderKey, Origin, Progress};
use crate::decided::Decided;

/// What is known of a decision while its events are followed.
struct Following {
    origin: Origin,
    /// The order that came, or that left its place in the queue: it is in no book, and rests at the
    /// end if it is still open.
    incoming: Option<OrderKey>,
}

impl Market {
    /// Follows the decision on the command at `source`.
    pub(crate) fn evolve(&mut self, source: Offset, events: &[Event]) {
        let fingerprint = Fingerprint([0; 16]);
        let mut following = Following { origin: Origin { source, fingerprint }, incoming: None };
        for event in events {
            if let Event::Trading(event) = event {
                // `None` stands for an event about something unknown.
                let _ = self.follow(&mut following, event);
            }
        }
        if let Some(key) = following.incoming {
            self.rest(key);
        }
    }

    fn follow(&mut self, following: &mut Following, event: &TradingEvent) -> Option<()> {
        match event {
            TradingEvent::CommandTaken(taken) => {
                following.origin.fingerprint = taken.fingerprint;
                self.remember(following.origin, taken.command_id, None);
            }
            TradingEvent::CommandRefused(refused) => {
                following.origin.fingerprint = refused.fingerprint;
                self.remember(following.origin, refused.command_id, Some(refused.reason));
            }
            TradingEvent::OrderRejected(rejected) => {
                following.origin.fingerprint = rejected.fingerprint;
                let command_id = CommandId(rejected.order_id.0);
                self.remember(following.origin, command_id, Some(rejected.reason));
            }
            TradingEvent::CommandRepeated(_) | TradingEvent::CommandConflicted(_) => {}
            TradingEvent::InstrumentListed(listed) => self.listed(listed)?,
            TradingEvent::InstrumentHalted(halted) => {
                let key = self.instruments.find(halted.symbol.as_str())?;
                self.instruments[key].halted = true;
            }
            TradingEvent::InstrumentResumed(resumed) => {
                let key = self.instruments.find(resumed.symbol.as_str())?;
                self.instruments[key].halted = false;
            }
            TradingEvent::AccountOpened(opened) => {
                if self.accounts.find(opened.account.as_str()).is_none() {
                    self.accounts.add(Account::new(opened.account.clone()));
                }
            }
            TradingEvent::BalanceChanged(changed) => self.balance_changed(changed)?,
            TradingEvent::OrderAccepted(accepted) => self.accepted(following, accepted)?,
            TradingEvent::TradeExecuted(trade) => self.traded(trade)?,
            TradingEvent::OrderUpdated(updated) => self.updated(updated)?,
            TradingEvent::OrderAmended(amended) => self.amended(following, amended)?,
            TradingEvent::OrderCancelled(cancelled) => self.cut(following, cancelled)?,
            TradingEvent::OrderClosed(closed) => self.ended(following, closed)?,
        }
        Some(())
    }

    fn remember(&mut self, origin: Origin, command: CommandId, refused: Option<RefusalReason>) {
        if self.commands.get(command.0).is_none() {
            let Origin { source, fingerprint } = origin;
            let decided = Decided { fingerprint, first: source, outcome: refused };
            self.commands.remember(command.0, decided);
        }
    }

    fn listed(&mut self, listed: &InstrumentListed) -> Option<()> {
        let terms = &listed.instrument;
        let measures = Measures::new(terms).ok()?;
        if self.instruments.find(terms.symbol.as_str()).is_some() {
            return None;
        }
        let assets = [&terms.base, &terms.quote].map(|asset| {
            let known = self.assets.find(asset.code.as_str());
            known.unwrap_or_else(|| self.assets.add(ListedAsset::new(asset.clone())))
        });
        let open_orders_max = self.bounds.open_orders_max.get();
        let listed = ListedInstrument::new(terms.clone(), measures, assets, open_orders_max);
        self.instruments.add(listed);
        Some(())
    }

    fn balance_changed(&mut self, changed: &BalanceChanged) -> Option<()> {
        let account = self.accounts.find(changed.account.as_str())?;
        let asset = self.assets.find(changed.asset.as_str())?;
        let of = &mut self.assets[asset];
        let balance = Balance {
            available: units(changed.available, of.asset.scale)?,
            held: units(changed.held, of.asset.scale)?,
        };
        let account = &mut self.accounts[account];
        let before = account.balance(asset);
        of.supply = of.supply.saturating_add(balance.total()).saturating_sub(before.total());
        account.set_balance(asset, balance);
        Some(())
    }

    fn accepted(&mut self, following: &mut Following, accepted: &OrderAccepted) -> Option<()> {
        let OrderAccepted { order_id, terms, price } = accepted;
        let account = self.accounts.find(terms.account.as_str())?;
        let instrument = self.instruments.find(terms.symbol.as_str())?;
        let measures = &self.instruments[instrument].measures;
        if self.orders.find(*order_id).is_some() {
            return None;
        }
        let time_in_force = match terms.kind {
            OrderKind::Limit { time_in_force, .. } => time_in_force,
            OrderKind::Market { .. } => TimeInForce::ImmediateOrCancel,
        };
        let limit = match price {
            Some(price) => Some(measures.ticks(*price)?),
            None => None,
        };
        let order = OpenOrder {
            id: *order_id,
            origin: following.origin,
            account,
            instrument,
            side: terms.side,
            limit,
            time_in_force,
            self_trade: terms.self_trade,
            client_order_id: terms.client_order_id.clone(),
            progress: Progress::new(measures.lots(terms.quantity)?),
        };
        following.incoming = Some(self.orders.add(order));
        Some(())
    }

    fn traded(&mut self, trade: &TradeExecuted) -> Option<()> {
        let listed = self.instruments.find(trade.symbol.as_str())?;
        let listed = &mut self.instruments[listed];
        listed.trades = trade.trade;
        listed.last_price = Some(listed.measures.ticks(trade.price)?);
        let quote = &mut self.assets[listed.quote];
        for side in [&trade.maker, &trade.taker] {
            let fee = units(side.fee, quote.asset.scale)?;
            quote.fees = quote.fees.saturating_add(fee);
            quote.supply = quote.supply.saturating_add(fee);
        }
        let maker = self.orders.find(trade.maker.order_id)?;
        let lots = listed.measures.lots(trade.quantity)?;
        let _ = listed.book.reduce(maker.in_book(), Quantity(lots));
        Some(())
    }

    fn updated(&mut self, updated: &OrderUpdated) -> Option<()> {
        let order = self.orders.find(updated.order_id)?;
        let order = &mut self.orders[order];
        order.progress.follow(&updated.state, &self.instruments[order.instrument].measures)
    }

    fn amended(&mut self, following: &mut Following, amended: &OrderAmended) -> Option<()> {
        let key = self.orders.find(amended.order_id)?;
        let order = &mut self.orders[key];
        let listed = &mut self.instruments[order.instrument];
        let before = order.progress.open;
        order.progress.follow(&amended.state, &listed.measures)?;
        order.limit = Some(listed.measures.ticks(amended.price)?);
        if amended.kept_place {
            let less = before.saturating_sub(order.progress.open);
            let _ = listed.book.reduce(key.in_book(), Quantity(less));
        } else {
            let _ = listed.book.cancel(key.in_book());
            following.incoming = Some(key);
        }
        Some(())
    }

    fn cut(&mut self, following: &Following, cancelled: &OrderCancelled) -> Option<()> {
        let key = self.orders.find(cancelled.order_id)?;
        let order = &mut self.orders[key];
        order.progress.cut = true;
        if following.incoming != Some(key) {
            let listed = &mut self.instruments[order.instrument];
            let lots = listed.measures.lots(cancelled.quantity)?;
            let _ = listed.book.reduce(key.in_book(), Quantity(lots));
        }
        Some(())
    }

    fn ended(&mut self, following: &mut Following, closed: &OrderClosed) -> Option<()> {
        let key = self.orders.find(closed.order_id)?;
        let mut order = self.orders.remove(key);
        if following.incoming == Some(key) {
            following.incoming = None;
        }
        let listed = &self.instruments[order.instrument];
        order.progress.follow(&closed.state, &listed.measures)?;
        let OpenOrder { id: OrderId(id), origin, account, instrument, progress, .. } = order;
        let Progress { executed, value, .. } = progress;
        let status: OrderStatus = closed.status;
        let ended = ClosedOrder { origin, account, instrument, status, executed, value };
        self.closed.remember(id, ended);
        Some(())
    }

    /// Puts an order at the back of its price level. It has traded with all that it crosses.
    fn rest(&mut self, key: OrderKey) {
        let order = &self.orders[key];
        if order.limit.is_none() {
            return;
        }
        let RestingOrder { id, owner, side, price, quantity, time_in_force, self_trade } =
            order.resting(key);
        let kind = BookKind::Limit { price, time_in_force };
        let resting = NewOrder { id, owner, side, quantity, kind, self_trade };
        let book = &mut self.instruments[order.instrument].book;
        let rests = book.submit(&resting, &mut |happened| {
            debug_assert!(matches!(happened, order_book::Event::Rested { .. }), "{happened:?}");
        });
        debug_assert_eq!(rests, Ok(quantity), "what is left open rests");
    }
}
