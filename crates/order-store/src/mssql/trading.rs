//! What readers ask of a market, over SQL Server, and what the projector writes of it.
//!
//! What serves a question (the texts are in `crate::trading::read`):
//!
//! | question | index |
//! |---|---|
//! | an order | `market_orders_key` |
//! | a page of orders | `market_orders_by_time`, `_by_account`, `_by_symbol`, `_by_status`, `_open_by_account` |
//! | the book, best prices, open orders | `market_orders_book` |
//! | an instrument's trades, the last price, statistics | `trades_key` |
//! | an account's trades and statistics | `trades_by_maker`, `trades_by_taker` |
//! | candles, the last 24 hours | `trades_by_time`, and `trades_key` for first and last |
//! | instruments, assets, accounts, balances, the market's time | each table's key |

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::trading::{AccountId, Symbol};
use order_domain::{OrderId, Timestamp, VenueId};
use tiberius::Row;
use tokio::time::timeout;

use super::connection::Connection;
use super::connections::settle;
use super::read::{BEGIN, COMMIT};
use super::rows_as_json::{columns_read, to_json};
use super::{ACQUIRE_TIMEOUT, MssqlStore, READ_TIMEOUT};
use crate::multi_row::Sql;
use crate::rows::Columns as _;
use crate::trading::dialect::Dialect;
use crate::trading::read::{self, trading_queries};
use crate::trading::session::{Session, Value};
use crate::trading::{
    AccountStatistics, AccountTrade, AccountTradeCursor, Candle, Depth, InstrumentStatistics,
    ListedInstrument, MarketOrder, MarketOrderFilter, Ticker, Trade, TradePage, TradingAccount,
};
use crate::{Page, StoreError};

impl Session for Connection {
    type Row = Row;

    const DIALECT: Dialect = Dialect::SqlServer;

    async fn fetch(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<Vec<Row>, StoreError> {
        let values = match columns_read(&sql.0) {
            Some(columns) => vec![Value::Text(to_json(&values, columns).into())],
            None => values,
        };
        self.query(&sql.0, &values).await
    }

    /// Statements that change rows end with how many they changed, where that matters.
    async fn execute(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<u64, StoreError> {
        let counted = self.fetch(sql, values).await?;
        let count = counted.first().map_or(Ok(0), |row| row.number(0))?;
        Ok(count.unsigned_abs())
    }
}

/// Asks in a transaction of its own, so that all of the answer is of one moment.
macro_rules! answered {
    ($store:ident, $session:ident => $question:expr) => {{
        let mut connection = $store.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let asking = async {
            let $session: &mut Connection = &mut connection;
            $session.batch(BEGIN).await?;
            let answer = $question.await?;
            connection.batch(COMMIT).await?;
            Ok(answer)
        };
        let outcome = timeout(READ_TIMEOUT, asking).await;
        settle(connection, outcome)
    }};
}

trading_queries!(MssqlStore, answered);
