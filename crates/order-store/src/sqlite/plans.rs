//! How SQLite finds what is asked of a market: always by an index, however much there is.

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::trading::event::{BalanceChanged, TradeExecuted, TradeSide};
use order_domain::trading::{
    AccountId, Asset, AssetCode, BasisPoints, Instrument, OrderKind, OrderStatus, OrderTerms,
    SelfTrade, Side, Symbol, TimeInForce,
};
use order_domain::{Decimal, Offset, OrderId, Partition, Position, Timestamp, VenueId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::SqliteStore;
use crate::multi_row::Sql;
use crate::rows::Columns as _;
use crate::trading::session::{Session, Value};
use crate::trading::{
    AccountTradeCursor, InstrumentState, MarketChange, MarketOrderFilter, OrderChange,
    OrderProgress, PlacedOrder, TradePage, read, write,
};
use crate::{Cursor, Page, ProjectionStore as _, StoreError};

/// A session that first asks how a statement would be done, and makes sure that no table is walked.
struct Explained<'a> {
    connection: &'a mut SqliteConnection,
    /// The tables that were looked into, and how.
    seen: Vec<String>,
}

/// What a plan may walk: rows that come with the statement, or that it has found already.
const WALKED: [&str; 10] = [
    "SCAN asked",
    "SCAN change",
    "SCAN stretch",
    "SCAN candle",
    "SCAN t",
    "SCAN CONSTANT ROW",
    "SCAN 2 CONSTANT ROWS",
    "SCAN taking",
    "SCAN making",
    "SCAN (subquery",
];

impl Explained<'_> {
    async fn explain(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<(), StoreError> {
        let text = format!("explain query plan {}", sql.0);
        let plan = self.connection.fetch(sqlx::AssertSqlSafe(text.into()), values.to_vec()).await?;
        for row in &plan {
            let step = row.text(3)?;
            let walks = step.starts_with("SCAN") && !WALKED.iter().any(|may| step.starts_with(may));
            assert!(!walks, "{step}\n{}", sql.0);
            self.seen.push(step.to_owned());
        }
        Ok(())
    }
}

impl Session for Explained<'_> {
    type Row = SqliteRow;

    const NAMES_INDEXES: bool = SqliteConnection::NAMES_INDEXES;

    async fn fetch(
        &mut self,
        sql: Sql,
        values: Vec<Value<'_>>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.explain(&sql, &values).await?;
        self.connection.fetch(sql, values).await
    }

    async fn execute(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<u64, StoreError> {
        self.explain(&sql, &values).await?;
        self.connection.execute(sql, values).await
    }
}

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
fn everything() -> MarketChange {
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

/// A change of all that [`everything`] has left.
fn more() -> MarketChange {
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

async fn ask_for_everything(session: &mut Explained<'_>) {
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
async fn ask_for_what_is_sorted(session: &mut Explained<'_>) {
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

#[tokio::test]
async fn no_statement_about_markets_walks_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/store.db", folder.path().display());
    let store = SqliteStore::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let mut connection = store.writer.acquire().await.unwrap();
    let mut session = Explained { connection: &mut connection, seen: Vec::new() };
    for change in [everything(), more()] {
        write::write(&mut session, &[change]).await.unwrap();
    }
    ask_for_everything(&mut session).await;
    let sorted = session.seen.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
    assert!(!sorted, "the indexes give every list in its order");
    ask_for_what_is_sorted(&mut session).await;
    for index in [
        "market_orders_by_time",
        "market_orders_by_account",
        "market_orders_by_symbol",
        "market_orders_by_status",
        "market_orders_open_by_account",
        "COVERING INDEX market_orders_book",
        "COVERING INDEX trades_by_time",
        "trades_by_maker",
        "trades_by_taker",
    ] {
        assert!(session.seen.iter().any(|step| step.contains(index)), "{index} is never used");
    }
}
