//! Orders: which are taken, and what they do at once.

use order_book::{Event as Match, NewOrder, OwnerId, Price, Quantity, Refused};
use order_domain::trading::event::{OrderAccepted, OrderRejected};
use order_domain::trading::{OrderKind, OrderTerms, RefusalReason, Side};
use order_domain::{Decimal, Event, OrderId, TradingEvent};

use super::book_terms::{book_self_trade, book_side, book_time_in_force};
use super::bounds::UNITS_MAX;
use super::execution::{Execution, Taker};
use super::facts::Facts;
use super::ledger::Ledger;
use super::listed::ListedInstrument;
use super::measures::fee;
use super::orders::Progress;
use super::refusal::Refusal;
use super::registry::{AccountKey, InstrumentKey};
use super::{Heading, Market, limit_reached};

/// An order that keeps all rules, before anything happens.
struct Admitted<'a> {
    instrument: InstrumentKey,
    ledger: Ledger<'a>,
    taker: Taker,
    matches: Vec<Match>,
}

impl Market {
    /// Decides an order whose id the market has not seen.
    pub(super) fn place(&self, heading: Heading, terms: OrderTerms) -> Vec<Event> {
        let order_id = OrderId(heading.command_id.0);
        let Admitted { instrument, ledger, taker, matches } = match self.admit(order_id, &terms) {
            Ok(admitted) => admitted,
            Err(Refusal { reason, detail }) => {
                let Heading { venue, fingerprint, .. } = heading;
                let rejected =
                    OrderRejected { venue, order_id, fingerprint, terms, reason, detail };
                return Facts::begin(TradingEvent::OrderRejected(rejected)).into_events();
            }
        };
        let mut facts = Facts::begin(heading.taken());
        let price = taker.limit.map(|ticks| self.instruments[instrument].measures.price(ticks));
        facts.push(TradingEvent::OrderAccepted(OrderAccepted { order_id, terms, price }));
        Execution::new(self, instrument, ledger, taker, &mut facts).run(&matches);
        facts.into_events()
    }

    /// The first rule that an order breaks. Their order is fixed: the same order on the same market
    /// is always refused for the same reason.
    fn admit(&self, id: OrderId, terms: &OrderTerms) -> Result<Admitted<'_>, Refusal> {
        let instrument = self.instrument(&terms.symbol)?;
        let account = self.account(&terms.account)?;
        let listed = &self.instruments[instrument];
        listed.check_open()?;
        let order = self.in_book(listed, account, terms)?;
        let lots = order.quantity.0;
        if let order_book::OrderKind::Limit { price, .. } = order.kind {
            listed.check_notional(price.0, lots)?;
            listed.check_band(price.0)?;
        }
        self.check_name(account, terms)?;
        self.check_room(&terms.kind)?;

        let mut matches = Vec::new();
        listed
            .book
            .preview(&order, &mut |event| matches.push(event))
            .map_err(|refused| listed.refuse(refused))?;
        let limit = match order.kind {
            order_book::OrderKind::Limit { price, .. } => {
                Some(listed.check_outcome(&Progress::new(lots), price.0, &matches)?)
            }
            order_book::OrderKind::Market { .. } => {
                check_liquidity(listed, &matches)?;
                None
            }
        };
        let side = terms.side;
        let held = match limit {
            Some(limit) => listed.hold(side, limit, lots)?,
            None => listed.cost(side, &matches)?,
        };
        let mut ledger = Ledger::new(self);
        ledger.hold(account, listed.given(side), held, 0)?;
        let (key, progress) = (self.orders.next_key(), Progress::new(lots));
        let taker = Taker { key, id, account, side, limit, progress, held };
        Ok(Admitted { instrument, ledger, taker, matches })
    }

    /// An order in ticks and lots.
    fn in_book(
        &self,
        listed: &ListedInstrument,
        account: AccountKey,
        terms: &OrderTerms,
    ) -> Result<NewOrder, Refusal> {
        let kind = match terms.kind {
            OrderKind::Limit { price, time_in_force } => order_book::OrderKind::Limit {
                price: Price(listed.ticks(price)?),
                time_in_force: book_time_in_force(time_in_force),
            },
            OrderKind::Market { worst_price: None } => {
                order_book::OrderKind::Market { worst: None }
            }
            OrderKind::Market { worst_price: Some(worst) } => {
                order_book::OrderKind::Market { worst: Some(Price(listed.ticks(worst)?)) }
            }
        };
        Ok(NewOrder {
            id: self.orders.next_key().in_book(),
            owner: OwnerId(account.0.into()),
            side: book_side(terms.side),
            quantity: Quantity(listed.lots(terms.quantity)?),
            kind,
            self_trade: book_self_trade(terms.self_trade),
        })
    }

    fn check_name(&self, account: AccountKey, terms: &OrderTerms) -> Result<(), Refusal> {
        let Some(name) = &terms.client_order_id else { return Ok(()) };
        if !self.orders.has_client_order_id(account, name) {
            return Ok(());
        }
        let detail = format!("{} has an open order {name}", terms.account);
        Err(Refusal::new(RefusalReason::DuplicateClientOrderId, detail))
    }

    /// Whether one more order may rest.
    fn check_room(&self, kind: &OrderKind) -> Result<(), Refusal> {
        let rests = match kind {
            OrderKind::Limit { time_in_force, .. } => book_time_in_force(*time_in_force).rests(),
            OrderKind::Market { .. } => false,
        };
        if rests && self.orders.len() >= self.bounds.open_orders_max.get() as usize {
            return Err(limit_reached("open orders", self.bounds.open_orders_max));
        }
        Ok(())
    }
}

impl ListedInstrument {
    pub(super) fn ticks(&self, price: Decimal) -> Result<i64, Refusal> {
        self.measures.ticks(price).ok_or_else(|| {
            let tick = self.terms.tick_size;
            let detail = format!("the price {price} is not within the multiples of {tick} above 0");
            Refusal::new(RefusalReason::Tick, detail)
        })
    }

    pub(super) fn lots(&self, quantity: Decimal) -> Result<u64, Refusal> {
        self.measures.lots(quantity).filter(|lots| *lots > 0).ok_or_else(|| {
            let lot = self.terms.lot_size;
            let detail =
                format!("the quantity {quantity} is not within the multiples of {lot} above 0");
            Refusal::new(RefusalReason::Lot, detail)
        })
    }

    pub(super) fn check_notional(&self, ticks: i64, lots: u64) -> Result<(), Refusal> {
        let Some(value) = self.measures.value(ticks, lots) else { return Err(uncountable()) };
        if value >= self.measures.minimum_notional {
            return Ok(());
        }
        let (value, least) = (self.measures.quote(value), self.terms.minimum_notional);
        let detail = format!("price times quantity is {value}, {least} is the least");
        Err(Refusal::new(RefusalReason::Notional, detail))
    }

    pub(super) fn check_band(&self, ticks: i64) -> Result<(), Refusal> {
        let (Some(band), Some(last)) = (self.measures.band, self.last_price) else { return Ok(()) };
        let away = i128::from(ticks.abs_diff(last)) * 10_000;
        if away <= i128::from(last) * i128::from(band.0) {
            return Ok(());
        }
        let (price, last) = (self.measures.price(ticks), self.measures.price(last));
        let detail = format!(
            "the price {price} is more than {} basis points away from {last}, the last trade's",
            band.0
        );
        Err(Refusal::new(RefusalReason::Band, detail))
    }

    /// What an order of these terms holds.
    pub(super) fn hold(&self, side: Side, ticks: i64, lots: u64) -> Result<u64, Refusal> {
        self.measures.hold(side, ticks, lots).ok_or_else(uncountable)
    }

    /// Whether what an order will have come to can be counted. Tells the limit that it stands at:
    /// its own, or the one that it slid to, which must keep the rules of a limit as well.
    pub(super) fn check_outcome(
        &self,
        progress: &Progress,
        limit: i64,
        matches: &[Match],
    ) -> Result<i64, Refusal> {
        let mut sum = u128::from(progress.value);
        let mut stands_at = limit;
        for happens in matches {
            let (ticks, lots) = match happens {
                Match::Traded { price, quantity, .. } => (price.0, quantity.0),
                Match::Rested { price, quantity, .. } => {
                    stands_at = price.0;
                    if stands_at != limit {
                        self.check_slid(stands_at, quantity.0)?;
                    }
                    (price.0, quantity.0)
                }
                Match::Decremented { .. } | Match::Cancelled { .. } => continue,
            };
            sum += u128::from(self.measures.value(ticks, lots).ok_or_else(uncountable)?);
        }
        if sum > u128::from(UNITS_MAX) { Err(uncountable()) } else { Ok(stands_at) }
    }

    /// Whether an order may stand where it slid to.
    fn check_slid(&self, ticks: i64, lots: u64) -> Result<(), Refusal> {
        if !self.measures.has_price(ticks) {
            let detail = "there is no price behind the best opposite one".to_owned();
            return Err(Refusal::new(RefusalReason::WouldTake, detail));
        }
        self.check_notional(ticks, lots)?;
        self.check_band(ticks)
    }

    /// What a market order costs that causes these matches.
    fn cost(&self, side: Side, matches: &[Match]) -> Result<u64, Refusal> {
        let cost = |happens: &Match| {
            let Match::Traded { price, quantity, .. } = happens else { return Some(0) };
            match side {
                Side::Buy => {
                    let value = self.measures.value(price.0, quantity.0)?;
                    Some(value + fee(value, self.measures.taker_fee))
                }
                Side::Sell => Some(self.measures.base_units(quantity.0)),
            }
        };
        let sum = |sum: u64, happens| sum.checked_add(cost(happens)?);
        matches.iter().try_fold(0, sum).ok_or_else(uncountable)
    }

    /// Why the book will not have it.
    pub(super) fn refuse(&self, refused: Refused) -> Refusal {
        let reason = match refused {
            Refused::WouldTake { best } => {
                let best = self.measures.price(best.0);
                let detail = format!("it was to rest, and would trade at {best}");
                return Refusal::new(RefusalReason::WouldTake, detail);
            }
            Refused::NotFillable => RefusalReason::CannotFillWhole,
            Refused::BookFull => RefusalReason::LimitReached,
            Refused::QuantityOverflow | Refused::ZeroQuantity => RefusalReason::Lot,
            Refused::DuplicateId | Refused::UnknownOrder => RefusalReason::UnknownOrder,
        };
        Refusal::new(reason, refused.to_string())
    }
}

/// Whether a market order does anything but vanish.
fn check_liquidity(listed: &ListedInstrument, matches: &[Match]) -> Result<(), Refusal> {
    use order_book::CancelReason::Unfilled;
    if let [Match::Cancelled { reason: Unfilled, .. }] = matches {
        let detail = format!("nobody offers {} at such a price", listed.terms.symbol);
        return Err(Refusal::new(RefusalReason::NoLiquidity, detail));
    }
    Ok(())
}

fn uncountable() -> Refusal {
    let detail = "price times quantity is beyond what can be counted";
    Refusal::new(RefusalReason::Notional, detail)
}
