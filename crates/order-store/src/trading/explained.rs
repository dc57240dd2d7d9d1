//! All that is written of a market and asked about it, once, for a session that looks how it is done.

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::trading::event::{BalanceChanged, TradeExecuted, TradeSide};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, Instrument, OrderKind, OrderStatus, OrderTerms,
    SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::{Decimal, Offset, OrderId, Partition, Position, Timestamp, VenueId};
use uuid::Uuid;

use super::session::Session;
use super::{
    AccountTradeCursor, InstrumentState, MarketChange, MarketOrderFilter, OrderChange,
    OrderProgress, PlacedOrder, TradePage, read,
};
use crate::{Cursor, Page};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn market() -> VenueId {
    VenueId::new("market/main").unwrap()
}

fn symbol() -> Symbol {
    Symbol::new("BTC-EUR").unwrap()
}

fn account() -> AccountId {
    AccountId::new("ada").unwrap()
}

fn progress(version: u64) -> OrderProgress {
    OrderProgress {
        version,
        status: OrderStatus::New,
        price: Some(number("100")),
        executed: Decimal::ZERO,
        remaining: number("1"),
        executed_value: Decimal::ZERO,
        cancelled_by: None,
    }
}

fn nothing(source: u64) -> MarketChange {
    MarketChange {
        venue: market(),
        source: Position::new(Partition(0), Offset(source)),
        at: Timestamp(1_000),
        listed: Vec::new(),
        states: Vec::new(),
        opened: Vec::new(),
        orders: Vec::new(),
        trades: Vec::new(),
        balances: Vec::new(),
    }
}

/// An instrument, an account, an order, a trade and a balance.
pub fn everything() -> MarketChange {
    let time_in_force = TimeInForce::GoodTillCancelled;
    let terms = OrderTerms {
        account: account(),
        symbol: symbol(),
        side: Side::Buy,
        kind: OrderKind::Limit { price: number("100"), time_in_force },
        quantity: number("1"),
        self_trade: SelfTrade::Allow,
        client_order_id: None,
    };
    let side = TradeSide { order_id: OrderId(Uuid::nil()), account: account(), fee: Decimal::ZERO };
    MarketChange {
        listed: vec![instrument(symbol())],
        opened: vec![account()],
        orders: vec![OrderChange {
            order_id: OrderId(Uuid::nil()),
            placed: Some(PlacedOrder { terms, refusal: None }),
            version_before: 0,
            progress: progress(1),
        }],
        trades: vec![TradeExecuted {
            trade: 1,
            symbol: symbol(),
            price: number("100"),
            quantity: number("1"),
            maker: side.clone(),
            taker: side,
            taker_side: Side::Buy,
        }],
        balances: vec![BalanceChanged {
            account: account(),
            asset: AssetCode::new("EUR").unwrap(),
            available: number("1"),
            held: number("1"),
        }],
        ..nothing(1)
    }
}

fn instrument(symbol: Symbol) -> Instrument {
    let of = |code| Asset { code: AssetCode::new(code).unwrap(), scale: 2 };
    Instrument {
        symbol,
        base: of("BTC"),
        quote: of("EUR"),
        tick_size: number("1"),
        lot_size: number("1"),
        minimum_notional: number("1"),
        price_band: None,
        maker_fee: BasisPoints(0),
        taker_fee: BasisPoints(0),
    }
}

/// How many orders, and as many trades, [`much`] has of the market that is asked about.
pub const ORDERS: u64 = 4_000;

/// How many instruments they are of.
const SYMBOLS: u64 = 20;

/// How many accounts they are of.
const ACCOUNTS: u64 = 200;

/// How many other markets there are beside it, each with one of everything.
const OTHER_MARKETS: u64 = 1_500;

/// How long after one order the next one comes, in milliseconds.
const PAUSE_MS: i64 = 60_000;

/// So much that no database would rather read all of it, of any table: some days of a market, and many
/// others.
pub fn much() -> Vec<MarketChange> {
    let mut first = everything();
    first.listed.extend((1..SYMBOLS).map(symbol_of).map(instrument));
    let mut changes = vec![first];
    changes.extend((2..ORDERS).map(another));
    changes.extend((0..OTHER_MARKETS).map(|number| MarketChange {
        venue: VenueId::new(format!("market/{number}")).unwrap(),
        listed: vec![instrument(symbol_of(number))],
        ..another(number)
    }));
    changes
}

fn symbol_of(number: u64) -> Symbol {
    match number % SYMBOLS {
        0 => symbol(),
        other => Symbol::new(format!("A{other}-EUR")).unwrap(),
    }
}

/// Another order and trade, `number` minutes later. Few are open.
pub fn another(number: u64) -> MarketChange {
    let account = AccountId::new(format!("member-{}", number % ACCOUNTS)).unwrap();
    let order_id = OrderId(Uuid::from_u64_pair(number, number));
    let mut change = MarketChange { listed: Vec::new(), ..everything() };
    change.source.offset = Offset(number);
    change.at.0 += number.cast_signed() * PAUSE_MS;
    change.opened[0] = account.clone();
    let order = &mut change.orders[0];
    order.order_id = order_id;
    if let Some(placed) = &mut order.placed {
        placed.terms.account = account.clone();
        placed.terms.symbol = symbol_of(number);
    }
    order.progress.price = Some(number_of(100 + number % 50));
    order.progress.status = match number / SYMBOLS % 10 {
        0 => OrderStatus::New,
        1 => OrderStatus::PartiallyFilled,
        2 => OrderStatus::Cancelled,
        3 => OrderStatus::Closed,
        _ => OrderStatus::Executed,
    };
    if !order.progress.status.is_open() {
        order.progress.remaining = Decimal::ZERO;
    }
    let side = TradeSide { account: account.clone(), order_id, fee: Decimal::ZERO };
    let trade = &mut change.trades[0];
    (trade.trade, trade.symbol) = (number, symbol_of(number));
    (trade.maker, trade.taker) = (side.clone(), side);
    change.balances[0].account = account;
    change
}

fn number_of(whole: u64) -> Decimal {
    number(&whole.to_string())
}

/// Half-way through [`much`].
const MIDDLE: Timestamp = Timestamp(ORDERS.cast_signed() / 2 * PAUSE_MS);

/// The indexes that readers need, of which none is there in vain.
pub const INDEXES: [&str; 9] = [
    "market_orders_by_time",
    "market_orders_by_account",
    "market_orders_by_symbol",
    "market_orders_by_status",
    "market_orders_open_by_account",
    "market_orders_book",
    "trades_by_time",
    "trades_by_maker",
    "trades_by_taker",
];

/// A change of all that [`everything`] has left.
pub fn more() -> MarketChange {
    MarketChange {
        states: vec![(symbol(), InstrumentState::Halted)],
        orders: vec![OrderChange {
            order_id: OrderId(Uuid::nil()),
            placed: None,
            version_before: 1,
            progress: progress(2),
        }],
        ..nothing(2)
    }
}

pub async fn ask_for_everything<S: Session>(session: &mut S) {
    let (market, symbol, account) = (&market(), &symbol(), &account());
    read::market_order(session, market, OrderId(Uuid::nil())).await.unwrap().unwrap();
    let after = Some(Cursor { placed_at: MIDDLE, order_id: OrderId(Uuid::nil()) });
    for status in OrderStatus::ALL.map(Some).into_iter().chain([None]) {
        for of_symbol in [None, Some(symbol.clone())] {
            for of_account in [None, Some(account.clone())] {
                let (symbol, account) = (of_symbol.clone(), of_account);
                let filter = MarketOrderFilter { status, symbol, account };
                let page = Page { limit: 9, after };
                read::market_orders(session, market, &filter, page).await.unwrap();
            }
        }
    }
    read::depth(session, market, symbol, 9).await.unwrap().unwrap();
    for after in [None, Some(9)] {
        let page = TradePage { limit: 9, after };
        read::trades(session, market, symbol, &page).await.unwrap().unwrap();
    }
    read::ticker(session, market, symbol).await.unwrap().unwrap();
    read::instruments(session, market).await.unwrap();
    read::instrument_statistics(session, market, symbol).await.unwrap().unwrap();
    read::account(session, market, account).await.unwrap().unwrap();
    read::account_statistics(session, market, account).await.unwrap().unwrap();
}

/// What can't come from an index as it is: candles are put in order, and so are the two sides of an
/// account's trades; neither is more than was asked for.
pub async fn ask_for_what_is_sorted<S: Session>(session: &mut S) {
    let (width, limit) = (Duration::from_mins(1), NonZeroU32::MAX);
    let candles =
        read::candles(session, &market(), &symbol(), width, Timestamp(0), limit).await.unwrap();
    assert!(!candles.unwrap().is_empty());
    let (at, symbol) = (MIDDLE, symbol());
    let cursor = AccountTradeCursor { at, symbol, number: 9, as_maker: false };
    for after in [None, Some(cursor)] {
        let page = TradePage { limit: 9, after };
        read::account_trades(session, &market(), &account(), &page).await.unwrap().unwrap();
    }
}
