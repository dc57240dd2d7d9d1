//! Markets in SQL: what the projector writes of them, and what readers ask.

mod model;
mod port;

pub use model::{
    AccountStatistics, AccountTrade, Balance, Candle, Depth, InstrumentState, InstrumentStatistics,
    Level, ListedInstrument, MarketOrder, MarketOrderFilter, Refusal, Ticker, Trade, TradePage,
    TradingAccount,
};
pub use port::{AccountTradeCursor, DEPTH_LEVELS_MAX, TradingQueries};
