//! Money is conserved in every market after every command, and nobody has less than nothing: reckoned
//! from the events alone.

use std::collections::BTreeMap;

use order_domain::trading::event::{BalanceChanged, TradeExecuted};
use order_domain::trading::{AccountId, AssetCode, Request, Symbol};
use order_domain::{Command, Decimal, Decision, Event, TradingEvent, VenueId};

use super::Story;

/// Every amount is a whole number of these.
const SCALE: u32 = 8;

pub fn check(story: &Story) {
    let mut markets: BTreeMap<VenueId, Treasury> = BTreeMap::new();
    for ((_, command), (_, decision)) in story.orders.iter().zip(&story.effective) {
        let Ok(Command::Trading(command)) = command else { continue };
        let treasury = markets.entry(command.venue.clone()).or_default();
        treasury.follow(&command.request, decision);
        treasury.check(decision);
    }
    check_the_engine_agrees(story, &markets);
}

/// A market's money, in units of [`SCALE`] places.
#[derive(Default)]
struct Treasury {
    paid_in: BTreeMap<AssetCode, i128>,
    fees: BTreeMap<AssetCode, i128>,
    /// Available and held.
    balances: BTreeMap<(AssetCode, AccountId), [i128; 2]>,
}

impl Treasury {
    fn follow(&mut self, request: &Request, decision: &Decision) {
        for event in &decision.events {
            match event {
                Event::Trading(TradingEvent::CommandTaken(_)) => self.pay(request),
                Event::Trading(TradingEvent::BalanceChanged(changed)) => self.set(changed),
                Event::Trading(TradingEvent::TradeExecuted(trade)) => self.take_fees(trade),
                _ => {}
            }
        }
    }

    fn pay(&mut self, request: &Request) {
        let (asset, amount) = match request {
            Request::Deposit(deposit) => (&deposit.asset, units(deposit.amount)),
            Request::Withdraw(withdraw) => (&withdraw.asset, -units(withdraw.amount)),
            _ => return,
        };
        *self.paid_in.entry(asset.clone()).or_default() += amount;
    }

    fn set(&mut self, changed: &BalanceChanged) {
        let balance = [units(changed.available), units(changed.held)];
        assert!(balance.iter().all(|part| *part >= 0), "less than nothing: {changed:?}");
        self.balances.insert((changed.asset.clone(), changed.account.clone()), balance);
    }

    fn take_fees(&mut self, trade: &TradeExecuted) {
        let fees = units(trade.maker.fee) + units(trade.taker.fee);
        *self.fees.entry(quote_of(&trade.symbol)).or_default() += fees;
    }

    fn check(&self, decision: &Decision) {
        for (asset, paid_in) in &self.paid_in {
            let of_asset = |((of, _), _): &(&(AssetCode, AccountId), &[i128; 2])| of == asset;
            let balances = self.balances.iter().filter(of_asset).flat_map(|(_, balance)| balance);
            let fees = self.fees.get(asset).copied().unwrap_or_default();
            let there = balances.sum::<i128>() + fees;
            assert_eq!(there, *paid_in, "{asset} is not conserved by {decision:?}");
        }
    }
}

/// What the engine has in its books is what its events told.
fn check_the_engine_agrees(story: &Story, markets: &BTreeMap<VenueId, Treasury>) {
    for (venue, treasury) in markets {
        let view = story.engine.market(venue).expect("a market that had commands");
        for ((asset, account), told) in &treasury.balances {
            let balance = view.balance(account, asset).expect("it was told of");
            assert_eq!([balance.available, balance.held].map(units), *told, "{asset} of {account}");
        }
        for (asset, told) in &treasury.fees {
            assert_eq!(units(view.fees(asset).expect("it was told of")), *told, "fees in {asset}");
        }
    }
}

fn units(amount: Decimal) -> i128 {
    amount.units(SCALE).expect("no amount is finer than its asset").into()
}

fn quote_of(symbol: &Symbol) -> AssetCode {
    let (_, quote) = symbol.as_str().split_once('-').expect("a symbol names both assets");
    AssetCode::new(quote).expect("an asset")
}
