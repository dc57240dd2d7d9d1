//! Random commands: purchases of two shops, and two markets in which three members trade.

use order_domain::trading::command::{
    AmendOrder, CancelAll, CancelOrder, Deposit, HaltInstrument, ListInstrument, OpenAccount,
    PlaceOrder, ResumeInstrument, Withdraw,
};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, CommandId, Instrument, OrderKind, OrderTerms,
    Request, SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::{Command, Decimal, Money, NewOrder, OrderId, TradingCommand, VenueId};
use plain_order_book::Random;
use uuid::Uuid;

use crate::harness::purchase;

const ACCOUNTS: [&str; 3] = ["ada", "bob", "carol"];
const MARKETS: [&str; 2] = ["market/main", "market/side"];
/// BTC is bought in one and paid with in the other.
const SYMBOLS: [&str; 2] = ["BTC-EUR", "ETH-BTC"];
const ASSETS: [&str; 3] = ["BTC", "ETH", "EUR"];

/// Purchases have ids from here on: no member names one.
const PURCHASES: u32 = 1_000_000;

/// The commands that make both markets, in order, from this id on.
pub fn opening(first_id: u32) -> Vec<Command> {
    let mut requests = Vec::new();
    for market in MARKETS {
        for symbol in SYMBOLS {
            requests.push((market, list(symbol)));
        }
        for account in ACCOUNTS {
            let account = AccountId::new(account).unwrap();
            requests.push((market, Request::OpenAccount(OpenAccount { account: account.clone() })));
            for asset in ASSETS {
                let (account, asset) = (account.clone(), AssetCode::new(asset).unwrap());
                let amount = decimal(100_000, 2);
                let deposit = Deposit { account, asset, amount, if_first: false };
                requests.push((market, Request::Deposit(deposit)));
            }
        }
    }
    (first_id..).zip(requests).map(|(id, (market, request))| trading(id, market, request)).collect()
}

/// One more command; it may be about any command before it.
pub fn command(id: u32, random: &mut Random) -> Command {
    if random.happens(0.35) {
        return Command::NewOrder(some_purchase(id, random));
    }
    let market = any(&MARKETS, random);
    trading(id, market, request(id, random))
}

/// The same command with other content.
pub fn altered(command: &Command, random: &mut Random) -> Command {
    match command.clone() {
        Command::NewOrder(mut order) => {
            order.customer.email = "somebody.else@example.com".into();
            Command::NewOrder(order)
        }
        Command::Trading(mut command) => {
            let id = u32::try_from(command.command_id.0.as_u128()).unwrap();
            let other = loop {
                let other = request(id, random);
                if other != command.request {
                    break other;
                }
            };
            command.request = other;
            Command::Trading(command)
        }
    }
}

fn some_purchase(id: u32, random: &mut Random) -> NewOrder {
    let mut order = purchase(PURCHASES + id);
    order.venue = VenueId::new(any(&["shop/0", "shop/1"], random)).unwrap();
    if random.happens(0.3) {
        order.total = Money::from_minor(order.total.minor() + 1, order.total.currency());
    }
    order
}

fn trading(id: u32, market: &str, request: Request) -> Command {
    Command::Trading(TradingCommand {
        command_id: CommandId(Uuid::from_u128(id.into())),
        venue: VenueId::new(market).unwrap(),
        idempotency_key: None,
        trace_parent: None,
        request,
    })
}

fn request(id: u32, random: &mut Random) -> Request {
    let account = AccountId::new(any(&ACCOUNTS, random)).unwrap();
    let symbol = Symbol::new(any(&SYMBOLS, random)).unwrap();
    let asset = AssetCode::new(any(&ASSETS, random)).unwrap();
    let amount = decimal(1 + below(50_000, random), 2);
    let order_id = OrderId(Uuid::from_u128(u128::from(random.below(u64::from(id) + 1))));
    match random.below(40) {
        0..22 => Request::PlaceOrder(PlaceOrder { terms: terms(account, symbol, random) }),
        22..27 => Request::AmendOrder(AmendOrder {
            order_id,
            account: random.happens(0.1).then_some(account),
            price: random.happens(0.5).then(|| price(random)),
            quantity: random.happens(0.7).then(|| quantity(random)),
            if_version: random.happens(0.2).then(|| 1 + random.below(3)),
        }),
        27..32 => Request::CancelOrder(CancelOrder { order_id, account: None, if_version: None }),
        32 => {
            Request::CancelAll(CancelAll { account, symbol: random.happens(0.5).then_some(symbol) })
        }
        33..35 => Request::Deposit(Deposit { account, asset, amount, if_first: false }),
        35..37 => Request::Withdraw(Withdraw { account, asset, amount }),
        37 => Request::HaltInstrument(HaltInstrument { symbol }),
        _ => Request::ResumeInstrument(ResumeInstrument { symbol }),
    }
}

fn terms(account: AccountId, symbol: Symbol, random: &mut Random) -> OrderTerms {
    const TIMES: [TimeInForce; 8] = [
        TimeInForce::GoodTillCancelled,
        TimeInForce::GoodTillCancelled,
        TimeInForce::GoodTillCancelled,
        TimeInForce::GoodTillCancelled,
        TimeInForce::ImmediateOrCancel,
        TimeInForce::FillOrKill,
        TimeInForce::PostOnly,
        TimeInForce::PostOnlySlide,
    ];
    const MEETINGS: [SelfTrade; 5] = [
        SelfTrade::Allow,
        SelfTrade::CancelNewest,
        SelfTrade::CancelOldest,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ];
    let kind = if random.happens(0.12) {
        OrderKind::Market { worst_price: random.happens(0.5).then(|| price(random)) }
    } else {
        OrderKind::Limit { price: price(random), time_in_force: any(&TIMES, random) }
    };
    OrderTerms {
        account,
        symbol,
        side: any(&[Side::Buy, Side::Sell], random),
        kind,
        quantity: quantity(random),
        self_trade: any(&MEETINGS, random),
        client_order_id: None,
    }
}

fn list(symbol: &str) -> Request {
    let (base, quote) = symbol.split_once('-').unwrap();
    let asset = |code: &str| {
        let scale = if code == "EUR" { 2 } else { 8 };
        Asset { code: AssetCode::new(code).unwrap(), scale }
    };
    let instrument = Instrument {
        symbol: Symbol::new(symbol).unwrap(),
        base: asset(base),
        quote: asset(quote),
        tick_size: decimal(1, 0),
        lot_size: decimal(1, 2),
        minimum_notional: decimal(10, 0),
        price_band: None,
        maker_fee: BasisPoints(10),
        taker_fee: BasisPoints(25),
    };
    Request::ListInstrument(ListInstrument { instrument })
}

fn price(random: &mut Random) -> Decimal {
    decimal(95 + below(11, random), 0)
}

fn quantity(random: &mut Random) -> Decimal {
    decimal(10 + below(200, random), 2)
}

fn below(bound: u64, random: &mut Random) -> i64 {
    random.below(bound).cast_signed()
}

fn decimal(unscaled: i64, scale: u32) -> Decimal {
    Decimal::new(unscaled, scale).unwrap()
}

fn any<T: Copy>(of: &[T], random: &mut Random) -> T {
    of[usize::try_from(random.below(of.len() as u64)).unwrap()]
}
