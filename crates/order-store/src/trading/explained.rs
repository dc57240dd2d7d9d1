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
    let of = |code| Asset { code: AssetCode::new(code).unwrap(), scale: 2 };
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
        listed: vec![Instrument {
            symbol: symbol(),
            base: of("BTC"),
            quote: of("EUR"),
            tick_size: number("1"),
            lot_size: number("1"),
            minimum_notional: number("1"),
            price_band: None,
            maker_fee: BasisPoints(0),
            taker_fee: BasisPoints(0),
        }],
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

/// Another order and trade, `number` milliseconds later, of one of 50 accounts.
pub fn another(number: u64) -> MarketChange {
    let account = AccountId::new(format!("member-{}", number % 50)).unwrap();
    let order_id = OrderId(Uuid::from_u64_pair(number, number));
    let mut change = MarketChange { listed: Vec::new(), ..everything() };
    change.source.offset = Offset(number);
    change.at.0 += number.cast_signed();
    change.opened[0] = account.clone();
    change.orders[0].order_id = order_id;
    if let Some(placed) = &mut change.orders[0].placed {
        placed.terms.account = account.clone();
    }
    change.trades[0].trade = number;
    let side = TradeSide { account: account.clone(), order_id, fee: Decimal::ZERO };
    (change.trades[0].maker, change.trades[0].taker) = (side.clone(), side);
    change.balances[0].account = account;
    change
}

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
    let after = Some(Cursor { placed_at: Timestamp(2_000), order_id: OrderId(Uuid::nil()) });
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
    assert_eq!(candles.unwrap().len(), 1);
    let (at, symbol) = (Timestamp(2_000), symbol());
    let cursor = AccountTradeCursor { at, symbol, number: 9, as_maker: false };
    for after in [None, Some(cursor)] {
        let page = TradePage { limit: 9, after };
        read::account_trades(session, &market(), &account(), &page).await.unwrap().unwrap();
    }
}
