//! What readers ask of a market, over SQLite.

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::trading::{AccountId, Symbol};
use order_domain::{OrderId, Timestamp, VenueId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::SqliteStore;
use super::errors::classify;
use crate::trading::read::{self, trading_queries};
use crate::trading::session::session_of;
use crate::trading::{
    AccountStatistics, AccountTrade, AccountTradeCursor, Candle, Depth, InstrumentStatistics,
    ListedInstrument, MarketOrder, MarketOrderFilter, Ticker, Trade, TradePage, TradingAccount,
};
use crate::{Page, StoreError};

session_of!(SqliteConnection, SqliteRow, classify, names_indexes: true);

/// Asks in a transaction of its own, so that all of the answer is of one moment.
macro_rules! answered {
    ($store:ident, $session:ident => $question:expr) => {{
        let mut transaction = $store.readers.begin().await.map_err(classify)?;
        let $session: &mut SqliteConnection = &mut transaction;
        $question.await
    }};
}

trading_queries!(SqliteStore, answered);
