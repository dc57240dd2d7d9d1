//! What holds on any market after any commands.

use std::collections::BTreeMap;

use order_domain::trading::{Request, Side, TradingEvent};
use order_domain::{Decimal, Timestamp};
use order_engine::MarketBounds;
use proptest::prelude::*;

use super::random::{ACCOUNTS, ASSETS, DEPOSITS, SYMBOLS, commands, opening, steps, terms};
use super::words::{Market, account, asset, number, symbol};

fn funded() -> Market {
    let mut market = Market::empty(MarketBounds::DEFAULT);
    for request in opening() {
        market.ask(request).taken();
    }
    market
}

/// Smallest units of an asset.
fn units(amount: Decimal, code: &str) -> i128 {
    let scale = if code == "EUR" { 2 } else { 8 };
    i128::from(amount.units(scale).expect("no amount is finer than its asset"))
}

/// What came in less what went out, as the requests had it that were taken.
struct Treasury(BTreeMap<&'static str, i128>);

impl Treasury {
    fn new() -> Self {
        let accounts = ACCOUNTS.len() as i128;
        let of_all = |(code, amount)| (code, units(number(amount), code) * accounts);
        Self(DEPOSITS.map(of_all).into())
    }

    fn follow(&mut self, request: &Request, first: &TradingEvent) {
        if !matches!(first, TradingEvent::CommandTaken(_)) {
            return;
        }
        let (code, amount, sign) = match request {
            // Everybody has had some of everything.
            Request::Deposit(deposit) if deposit.if_first => return,
            Request::Deposit(deposit) => (&deposit.asset, deposit.amount, 1),
            Request::Withdraw(withdraw) => (&withdraw.asset, withdraw.amount, -1),
            _ => return,
        };
        let sum = self.0.get_mut(code.as_str()).unwrap();
        *sum += sign * units(amount, code.as_str());
    }

    /// Money is conserved, and nobody has less than nothing.
    fn check(&self, market: &Market) {
        let view = market.view();
        for (code, expected) in &self.0 {
            let mut sum = units(view.fees(&asset(code)).unwrap(), code);
            assert!(sum >= 0);
            for who in view.accounts() {
                let balance = view.balance(who, &asset(code)).unwrap();
                let (available, held) = (units(balance.available, code), units(balance.held, code));
                assert!(available >= 0 && held >= 0, "{who} has {balance:?} of {code}");
                sum += available + held;
            }
            assert_eq!(sum, *expected, "{code}");
            assert_eq!(units(view.supply(&asset(code)).unwrap(), code), *expected, "{code}");
        }
    }
}

/// What is held is what the open orders need, reckoned anew; no book is crossed.
fn check_orders(market: &Market) {
    let view = market.view();
    let mut needed: BTreeMap<(String, &str), i128> = BTreeMap::new();
    for name in SYMBOLS {
        let (base, quote) = name.split_once('-').unwrap();
        let book = view.book(&symbol(name)).unwrap();
        if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask()) {
            assert!(bid.price < ask.price, "{name} is crossed");
        }
        let terms = terms(name);
        let rate = i128::from(terms.maker_fee.max(terms.taker_fee).0);
        for order in view.orders(&symbol(name)) {
            let (code, need) = match order.side {
                Side::Sell => (base, units(order.state.remaining, base)),
                Side::Buy => {
                    // In BTC or ETH with 8 places; a price is a whole number.
                    let lots = order.state.remaining.units(2).expect("lots of 0.01");
                    let value = i128::from(lots) * i128::from(order.price.units(0).unwrap());
                    let value = if quote == "EUR" { value } else { value * 1_000_000 };
                    (quote, value + value * rate / 10_000)
                }
            };
            assert_eq!(view.order(order.id).as_ref(), Some(&order));
            *needed.entry((order.account.to_string(), code)).or_default() += need;
        }
    }
    for who in ACCOUNTS {
        for code in ASSETS {
            let held = view.balance(&account(who), &asset(code)).unwrap().held;
            let needed = needed.get(&(who.to_owned(), code)).copied().unwrap_or(0);
            assert_eq!(units(held, code), needed, "{who} holds {code}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn money_is_conserved_and_held_is_what_open_orders_need(steps in steps()) {
        let mut market = funded();
        let mut treasury = Treasury::new();
        for (id, request) in commands(steps) {
            let answer = market.ask_as(id, request.clone());
            treasury.follow(&request, &answer.events[0]);
            treasury.check(&market);
            check_orders(&market);
        }
    }

    #[test]
    fn two_instances_come_to_the_same_whatever_their_offsets(
        steps in steps(),
        garbage in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        let (mut here, mut there) = (funded(), funded());
        let mut garbage = garbage.iter().cycle();
        for (id, request) in commands(steps) {
            here.ask_as(id, request.clone());
            if *garbage.next().unwrap() {
                let source = there.engine.next_source();
                let decision = there.engine.dead_letter(source, Timestamp(9), "garbage".into());
                there.engine.evolve(&decision);
            }
            there.ask_as(id, request);
        }
        prop_assert_eq!(here.engine.outcomes(), there.engine.outcomes());
    }

    /// The last of several commands is another one: that shows.
    #[test]
    fn another_command_shows_in_the_outcomes(steps in steps()) {
        let mut here = funded();
        for (id, request) in commands(steps) {
            here.ask_as(id, request);
        }
        let before = here.engine.outcomes();
        here.last = 10_000;
        here.deposit("ada", "0.01", "EUR").taken();
        prop_assert_ne!(here.engine.outcomes(), before);
    }
}
