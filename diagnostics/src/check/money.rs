//! Money is conserved: what was paid in is what is there, command by command, reckoned from the events
//! alone.
//!
//! What is kept in memory grows with the accounts of the markets, not with the log.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use order_domain::trading::event::{BalanceChanged, TradeExecuted};
use order_domain::trading::{AccountId, AssetCode, Request, Symbol};
use order_domain::{Command, Decimal, Decision, Event, NewOrder, Partition, TradingEvent, VenueId};

use super::kind::Kind;
use super::report::Report;
use crate::dlt::place::Place;

/// Every amount is a whole number of units of so many places: as many as a decimal can have.
const SCALE: u32 = Decimal::DIGITS_MAX;

/// The markets of one partition, so far.
pub(super) struct Money {
    markets: BTreeMap<VenueId, Market>,
    /// Whether all balances are known, from the beginning.
    whole: bool,
    /// How many commands moved money, and nobody can tell how much they asked for.
    unknown: u64,
}

#[derive(Default)]
struct Market {
    quotes: BTreeMap<Symbol, AssetCode>,
    /// What each account has of each asset, available and held together.
    balances: HashMap<(AccountId, AssetCode), Amount>,
}

/// An amount in units of [`SCALE`] places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Amount(i128);

impl Amount {
    fn of(amount: Decimal) -> Self {
        let scale = amount.scale();
        let units = amount.units(scale).expect("a number is a whole one of its own last places");
        Self(i128::from(units) * 10_i128.pow(SCALE - scale))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(SCALE);
        let (whole, places) = (self.0.unsigned_abs() / one, self.0.unsigned_abs() % one);
        let sign = if self.0 < 0 { "-" } else { "" };
        let places = format!("{places:018}");
        let places = places.trim_end_matches('0');
        let point = if places.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{places}")
    }
}

/// Amounts by asset.
type Sums = BTreeMap<AssetCode, i128>;

impl Money {
    pub(super) const fn new(whole: bool) -> Self {
        Self { markets: BTreeMap::new(), whole, unknown: 0 }
    }

    /// The decision on `command`, which is known where it can be read.
    pub(super) fn follow(
        &mut self,
        place: &Place,
        command: Option<&Command>,
        decision: &Decision,
        report: &mut Report,
    ) {
        for event in &decision.events {
            if let Event::OrderAccepted(event) = event {
                check_total(place, &event.order, report);
            }
        }
        let Some(Event::Trading(first)) = decision.events.first() else { return };
        let Some(venue) = first.venue().filter(|_| self.whole) else { return };
        let market = self.markets.entry(venue.clone()).or_default();
        let moved = market.follow(place, decision, report);
        if moved.is_empty() {
            return;
        }
        let Some(Command::Trading(command)) = command else {
            self.unknown += 1;
            return;
        };
        let paid_in = paid_in(&command.request);
        let assets: BTreeSet<_> = moved.keys().chain(paid_in.keys()).collect();
        for asset in assets {
            let of = |sums: &Sums| sums.get(asset).copied().unwrap_or_default();
            let (moved, paid_in) = (of(&moved), of(&paid_in));
            if moved != paid_in {
                let what = format!(
                    "in {venue} there is {} {asset} more, and {} was paid in",
                    Amount(moved),
                    Amount(paid_in)
                );
                report.found(Kind::MoneyNotConserved, place, what);
            }
        }
    }

    pub(super) fn finish(&self, partition: Partition, report: &mut Report) {
        if self.unknown > 0 {
            report.unchecked(format!(
                "whether {} commands of partition {partition} conserve money: they are not there to \
                 be read",
                self.unknown
            ));
        }
    }
}

impl Market {
    /// Takes the events; answers how much more of each asset is there now, fees included.
    fn follow(&mut self, place: &Place, decision: &Decision, report: &mut Report) -> Sums {
        let mut moved = Sums::new();
        for event in &decision.events {
            match event {
                Event::Trading(TradingEvent::InstrumentListed(event)) => {
                    let instrument = &event.instrument;
                    self.quotes.insert(instrument.symbol.clone(), instrument.quote.code.clone());
                }
                Event::Trading(TradingEvent::TradeExecuted(trade)) => {
                    self.take_fees(trade, &mut moved);
                }
                Event::Trading(TradingEvent::BalanceChanged(changed)) => {
                    self.set_balance(place, changed, &mut moved, report);
                }
                _ => {}
            }
        }
        moved
    }

    fn take_fees(&self, trade: &TradeExecuted, moved: &mut Sums) {
        // Of an instrument that was never listed, the fees show as money that is gone.
        if let Some(quote) = self.quotes.get(&trade.symbol) {
            let fees = Amount::of(trade.maker.fee).0 + Amount::of(trade.taker.fee).0;
            *moved.entry(quote.clone()).or_default() += fees;
        }
    }

    fn set_balance(
        &mut self,
        place: &Place,
        changed: &BalanceChanged,
        moved: &mut Sums,
        report: &mut Report,
    ) {
        let BalanceChanged { account, asset, .. } = changed;
        let (available, held) = (Amount::of(changed.available), Amount::of(changed.held));
        if available < Amount(0) || held < Amount(0) {
            let what = format!("{account} has {available} {asset} available and {held} held");
            report.found(Kind::NegativeBalance, place, what);
        }
        let now = Amount(available.0 + held.0);
        let before = self.balances.insert((account.clone(), asset.clone()), now);
        *moved.entry(asset.clone()).or_default() += now.0 - before.unwrap_or_default().0;
    }
}

/// What a command that was taken, and changed a balance, pays in.
fn paid_in(request: &Request) -> Sums {
    match request {
        Request::Deposit(deposit) => {
            Sums::from([(deposit.asset.clone(), Amount::of(deposit.amount).0)])
        }
        Request::Withdraw(withdraw) => {
            Sums::from([(withdraw.asset.clone(), -Amount::of(withdraw.amount).0)])
        }
        _ => Sums::new(),
    }
}

fn check_total(place: &Place, order: &NewOrder, report: &mut Report) {
    let line = |quantity: u32, price: i64| i128::from(quantity) * i128::from(price);
    let sum: i128 = order.items.iter().map(|item| line(item.quantity, item.price.minor())).sum();
    let one_currency = order.items.iter().all(|item| item.price.currency() == order.currency());
    if sum != i128::from(order.total.minor()) || !one_currency {
        let what = format!(
            "order {} was taken, and {} is not the sum of its items",
            order.order_id, order.total
        );
        report.found(Kind::WrongTotal, place, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_whatever_their_scale() {
        let amount = |unscaled, scale| Amount::of(Decimal::new(unscaled, scale).unwrap());
        assert_eq!(amount(125, 1), amount(12_500, 3));
        assert_eq!(amount(-125, 1).to_string(), "-12.5");
        assert_eq!(amount(7, 0).to_string(), "7");
        assert_eq!(amount(1, 18).to_string(), "0.000000000000000001");
        let most = amount(10_i64.pow(18) - 1, 0);
        assert_eq!(most.to_string(), "999999999999999999");
    }
}
