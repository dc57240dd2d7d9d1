//! What readers ask of a market, over Postgres.

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::trading::{AccountId, Symbol};
use order_domain::{OrderId, Timestamp, VenueId};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgRow};
use tokio::time::timeout;

use super::errors::classify;
use super::read::SNAPSHOT;
use super::{ACQUIRE_TIMEOUT, PostgresStore, READ_TIMEOUT};
use crate::connections::settle;
use crate::trading::read::{self, trading_queries};
use crate::trading::session::session_of;
use crate::trading::{
    AccountStatistics, AccountTrade, AccountTradeCursor, Candle, Depth, InstrumentStatistics,
    ListedInstrument, MarketOrder, MarketOrderFilter, Ticker, Trade, TradePage, TradingAccount,
};
use crate::{Page, StoreError};

session_of!(PgConnection, PgRow, classify, Postgres);

/// Asks in a transaction of its own, so that all of the answer is of one moment.
macro_rules! answered {
    ($store:ident, $session:ident => $question:expr) => {{
        let mut connection = $store.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let asking = async {
            let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
            let $session: &mut PgConnection = &mut transaction;
            let answer = $question.await?;
            transaction.commit().await.map_err(classify)?;
            Ok(answer)
        };
        let outcome = timeout(READ_TIMEOUT, asking).await;
        settle(connection, outcome)
    }};
}

trading_queries!(PostgresStore, answered);
