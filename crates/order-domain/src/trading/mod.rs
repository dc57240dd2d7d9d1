//! Trading: the dialect of a market's members. Instruments, accounts, orders, and what happens to
//! them.
//!
//! A market is a venue: all of its instruments and accounts are decided in one sequence. Prices and
//! quantities travel as decimal strings; the engine counts them in ticks and lots of their
//! instrument, so no float comes near them.

mod average_price;
pub mod command;
mod content;
pub mod event;
mod id;
mod instrument;
mod order;
mod reason;
mod status;

pub use average_price::average_price;
pub use command::{Request, TradingCommand};
pub use event::TradingEvent;
pub use id::{AccountId, AssetCode, ClientOrderId, CommandId, Symbol};
pub use instrument::{Asset, BasisPoints, Instrument};
pub use order::{OrderKind, OrderTerms, SelfTrade, Side, TimeInForce};
pub use reason::RefusalReason;
pub use status::OrderStatus;
