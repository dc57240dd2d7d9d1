//! What holds on any market after any commands.

use std::collections::BTreeMap;

use order_domain::trading::command::{
    AmendOrder, CancelAll, CancelOrder, Deposit, HaltInstrument, PlaceOrder, ResumeInstrument,
    Withdraw,
};
use order_domain::trading::{
    BasisPoints, ClientOrderId, CommandId, Instrument, OrderKind, OrderTerms, Request, SelfTrade,
    Side, TimeInForce, TradingEvent,
};
use order_domain::{Command, Decimal, Partition, Timestamp, TradingCommand};
use order_engine::{Engine, EngineSettings, MarketBounds};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use crate::words::{Market, account, asset, instrument, order, symbol, venue};

const ACCOUNTS: [&str; 6] = ["ada", "bob", "carol", "dave", "eve", "frank"];
/// BTC is bought in one and paid with in the other.
const SYMBOLS: [&str; 2] = ["BTC-EUR", "ETH-BTC"];
const ASSETS: [&str; 3] = ["BTC", "EUR", "ETH"];

/// One command: a request, or an earlier one again.
#[derive(Clone, Debug)]
enum Step {
    Ask(Request),
    Again(Index),
}

fn terms(name: &str) -> Instrument {
    let mut terms = instrument(name);
    if name == "ETH-BTC" {
        // The other way round: here makers pay more.
        terms.maker_fee = BasisPoints(700);
        terms.taker_fee = BasisPoints(30);
        terms.price_band = Some(BasisPoints(600));
    }
    terms
}

fn kind() -> impl Strategy<Value = OrderKind> {
    let price = (90_i64..=110).prop_map(|ticks| Decimal::new(ticks, 0).unwrap());
    let time_in_force = prop_oneof![
        6 => Just(TimeInForce::GoodTillCancelled),
        1 => Just(TimeInForce::ImmediateOrCancel),
        1 => Just(TimeInForce::FillOrKill),
        1 => Just(TimeInForce::PostOnly),
        1 => Just(TimeInForce::PostOnlySlide),
    ];
    prop_oneof![
        7 => (price.clone(), time_in_force)
            .prop_map(|(price, time_in_force)| OrderKind::Limit { price, time_in_force }),
        1 => proptest::option::of(price).prop_map(|worst_price| OrderKind::Market { worst_price }),
    ]
}

fn quantity() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        20 => (10_i64..200).prop_map(|lots| Decimal::new(lots, 2).unwrap()),
        1 => (1000_i64..100_000).prop_map(|lots| Decimal::new(lots, 2).unwrap()),
        1 => Just(Decimal::new(5, 3).unwrap()),
    ]
}

fn placing() -> impl Strategy<Value = Request> {
    let self_trade = select(vec![
        SelfTrade::Allow,
        SelfTrade::CancelNewest,
        SelfTrade::CancelOldest,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ]);
    let name = proptest::option::weighted(0.2, select(vec!["one", "two"]));
    let side = select(vec![Side::Buy, Side::Sell]);
    (select(&ACCOUNTS), select(&SYMBOLS), side, kind(), quantity(), self_trade, name).prop_map(
        |(who, what, side, kind, quantity, self_trade, name)| {
            let (account, symbol) = (account(who), symbol(what));
            let client_order_id = name.map(|name| ClientOrderId::new(name).unwrap());
            Request::PlaceOrder(PlaceOrder {
                terms: OrderTerms {
                    account,
                    symbol,
                    side,
                    kind,
                    quantity,
                    self_trade,
                    client_order_id,
                },
            })
        },
    )
}

fn amending() -> impl Strategy<Value = Request> {
    let price = proptest::option::of((90_i64..=110).prop_map(|t| Decimal::new(t, 0).unwrap()));
    let version = proptest::option::weighted(0.2, 1..4_u64);
    (1..120_u128, price, proptest::option::of(quantity()), version).prop_map(
        |(id, price, quantity, if_version)| {
            let order_id = order(id);
            Request::AmendOrder(AmendOrder { order_id, price, quantity, if_version })
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let amount = (1..50_000_i64).prop_map(|cents| Decimal::new(cents, 2).unwrap());
    let funds = (select(&ACCOUNTS), select(&ASSETS), amount);
    prop_oneof![
        24 => placing(),
        6 => amending(),
        4 => (1..120_u128).prop_map(|id| Request::CancelOrder(CancelOrder {
            order_id: order(id),
            if_version: None,
        })),
        1 => (select(&ACCOUNTS), proptest::option::of(select(&SYMBOLS))).prop_map(|(who, what)| {
            Request::CancelAll(CancelAll { account: account(who), symbol: what.map(symbol) })
        }),
        1 => funds.clone().prop_map(|(who, what, amount)| {
            Request::Deposit(Deposit { account: account(who), asset: asset(what), amount })
        }),
        1 => funds.prop_map(|(who, what, amount)| {
            Request::Withdraw(Withdraw { account: account(who), asset: asset(what), amount })
        }),
        1 => select(&SYMBOLS).prop_map(|what| {
            Request::HaltInstrument(HaltInstrument { symbol: symbol(what) })
        }),
        2 => select(&SYMBOLS).prop_map(|what| {
            Request::ResumeInstrument(ResumeInstrument { symbol: symbol(what) })
        }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => request().prop_map(Step::Ask),
        1 => any::<Index>().prop_map(Step::Again),
    ];
    prop::collection::vec(step, 1..160)
}

/// The commands that steps make: those that come first list, open and pay in.
fn commands(steps: Vec<Step>) -> Vec<(u128, Request)> {
    let mut commands: Vec<(u128, Request)> = Vec::new();
    let mut next = 0;
    for step in steps {
        match step {
            Step::Ask(request) => {
                next += 1;
                commands.push((next, request));
            }
            Step::Again(of) if !commands.is_empty() => {
                commands.push(commands[of.index(commands.len())].clone());
            }
            Step::Again(_) => {}
        }
    }
    commands
}

fn funded() -> Market {
    let mut market = Market::empty(MarketBounds::DEFAULT);
    for name in SYMBOLS {
        market.list(terms(name)).taken();
    }
    for who in ACCOUNTS {
        market.open(who).taken();
        for (amount, code) in [("1000.01", "EUR"), ("500", "BTC"), ("5.55", "ETH")] {
            market.deposit(who, amount, code).taken();
        }
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
        let paid_in = [("EUR", 100_001), ("BTC", 50_000_000_000), ("ETH", 555_000_000)];
        Self(paid_in.into_iter().map(|(code, units)| (code, units * accounts)).collect())
    }

    fn follow(&mut self, request: &Request, first: &TradingEvent) {
        if !matches!(first, TradingEvent::CommandTaken(_)) {
            return;
        }
        let (code, amount, sign) = match request {
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

fn command((id, request): &(u128, Request)) -> Command {
    Command::Trading(TradingCommand {
        command_id: CommandId(Uuid::from_u128(*id)),
        venue: venue(),
        idempotency_key: None,
        trace_parent: None,
        request: request.clone(),
    })
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

    /// A market that evolved by decisions read from JSON decides as one restored from a snapshot.
    #[test]
    fn a_snapshot_at_any_point_gives_the_same_future(steps in steps(), at in any::<Index>()) {
        let commands = commands(steps);
        let at = at.index(commands.len());
        let mut market = funded();
        for (id, request) in &commands[..at] {
            market.ask_as(*id, request.clone());
        }
        let snapshot = market.engine.snapshot();
        let mut restored =
            Engine::restore(Partition(0), EngineSettings::DEFAULT, &snapshot).unwrap();
        for next in &commands[at..] {
            let source = market.engine.next_source();
            let decision = market.engine.decide(source, Timestamp(7), command(next));
            let again = restored.decide(source, Timestamp(7), command(next));
            prop_assert_eq!(&decision, &again);
            market.engine.evolve(&decision);
            restored.evolve(&again);
        }
        prop_assert_eq!(restored.state_hash(), market.engine.state_hash());
        prop_assert_eq!(restored.snapshot(), market.engine.snapshot());
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
