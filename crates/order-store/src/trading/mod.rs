//! Markets in SQL: what the projector writes of them, and what readers ask.
//!
//! Both databases understand the SQL of this module; they bring a [`Session`](session::Session).
//! Numbers are whole units there, see [`units`].

mod change;
mod model;
mod port;
pub(crate) mod read;
pub(crate) mod session;
mod units;
pub(crate) mod write;

pub use change::{MarketChange, OrderChange, OrderProgress, PlacedOrder};
pub use model::{
    AccountStatistics, AccountTrade, Balance, Candle, Depth, InstrumentState, InstrumentStatistics,
    Level, ListedInstrument, MarketOrder, MarketOrderFilter, Refusal, Ticker, Trade, TradePage,
    TradingAccount,
};
pub use port::{AccountTradeCursor, CANDLES_MAX, DEPTH_LEVELS_MAX, TradingQueries};
