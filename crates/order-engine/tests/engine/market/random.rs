//! Random commands of a market, and those that make one.

use order_domain::Decimal;
use order_domain::trading::command::{
    AmendOrder, CancelAll, CancelOrder, Deposit, HaltInstrument, ListInstrument, OpenAccount,
    PlaceOrder, ResumeInstrument, Withdraw,
};
use order_domain::trading::{
    BasisPoints, ClientOrderId, Instrument, OrderKind, OrderTerms, Request, SelfTrade, Side,
    TimeInForce,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::words::{account, asset, instrument, number, order, symbol};

pub const ACCOUNTS: [&str; 6] = ["ada", "bob", "carol", "dave", "eve", "frank"];
/// BTC is bought in one and paid with in the other.
pub const SYMBOLS: [&str; 2] = ["BTC-EUR", "ETH-BTC"];
pub const ASSETS: [&str; 3] = ["BTC", "EUR", "ETH"];

/// One command: a request, or an earlier one again.
#[derive(Clone, Debug)]
pub enum Step {
    Ask(Request),
    Again(Index),
}

/// What everybody has at first.
pub const DEPOSITS: [(&str, &str); 3] = [("EUR", "1000.01"), ("BTC", "500"), ("ETH", "5.55")];

/// The terms of one of [`SYMBOLS`].
pub fn terms(name: &str) -> Instrument {
    let mut terms = instrument(name);
    if name == "ETH-BTC" {
        // The other way round: here makers pay more.
        terms.maker_fee = BasisPoints(700);
        terms.taker_fee = BasisPoints(30);
        terms.price_band = Some(BasisPoints(600));
    }
    terms
}

/// Lists all instruments, opens all accounts, and pays in.
pub fn opening() -> Vec<Request> {
    let list = |name| Request::ListInstrument(ListInstrument { instrument: terms(name) });
    let open = |who: &str| Request::OpenAccount(OpenAccount { account: account(who) });
    let pay_in = |who: &str, (code, amount): (&str, &str)| {
        let (account, asset, amount) = (account(who), asset(code), number(amount));
        Request::Deposit(Deposit { account, asset, amount, if_first: false })
    };
    let mut opening = Vec::from(SYMBOLS.map(list));
    for who in ACCOUNTS {
        opening.push(open(who));
        opening.extend(DEPOSITS.map(|deposit| pay_in(who, deposit)));
    }
    opening
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
            let (order_id, account) = (order(id), None);
            Request::AmendOrder(AmendOrder { order_id, account, price, quantity, if_version })
        },
    )
}

pub fn request() -> impl Strategy<Value = Request> {
    let amount = (1..50_000_i64).prop_map(|cents| Decimal::new(cents, 2).unwrap());
    let funds = (select(&ACCOUNTS), select(&ASSETS), amount);
    prop_oneof![
        24 => placing(),
        6 => amending(),
        4 => (1..120_u128, proptest::option::weighted(0.3, select(&ACCOUNTS))).prop_map(
            |(id, who)| Request::CancelOrder(CancelOrder {
                order_id: order(id),
                account: who.map(account),
                if_version: None,
            })
        ),
        1 => (select(&ACCOUNTS), proptest::option::of(select(&SYMBOLS))).prop_map(|(who, what)| {
            Request::CancelAll(CancelAll { account: account(who), symbol: what.map(symbol) })
        }),
        1 => (funds.clone(), any::<bool>()).prop_map(|((who, what, amount), if_first)| {
            let (account, asset) = (account(who), asset(what));
            Request::Deposit(Deposit { account, asset, amount, if_first })
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

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => request().prop_map(Step::Ask),
        1 => any::<Index>().prop_map(Step::Again),
    ];
    prop::collection::vec(step, 1..160)
}

/// The commands that steps make: those that come first list, open and pay in.
pub fn commands(steps: Vec<Step>) -> Vec<(u128, Request)> {
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
