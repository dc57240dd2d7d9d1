//! Markets in SQL: what the projector writes of them, and what readers ask.
//!
//! The SQL of this module is written once for all databases; they bring a [`Session`](session::Session),
//! and what is their own in it is in [`Dialect`](dialect::Dialect).
//! Numbers are whole units there, see [`units`].

mod change;
pub(crate) mod dialect;
#[cfg(test)]
pub(crate) mod explained;
pub(crate) mod many_rows;
mod model;
mod port;
pub(crate) mod read;
pub(crate) mod session;
pub(crate) mod transact_sql;
mod units;
pub(crate) mod write;

pub use change::{MarketChange, OrderChange, OrderProgress, PlacedOrder};
pub use model::{
    AccountStatistics, AccountTrade, Balance, Candle, Depth, InstrumentState, InstrumentStatistics,
    Level, ListedInstrument, MarketOrder, MarketOrderFilter, Refusal, Ticker, Trade, TradePage,
    TradingAccount,
};
pub use port::{AccountTradeCursor, CANDLES_MAX, DEPTH_LEVELS_MAX, TradingQueries};
