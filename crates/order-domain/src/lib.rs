//! Ids, money, commands and events: the data of Seriatim and its wire format.
//!
//! Everything here is pure: no clock, no I/O, no async. What a command or an event *is* lives in
//! [`command`] and [`event`]; how it looks as JSON, and how an unknown one is told from a broken
//! one, in [`wire`]; the purchase itself in [`purchase`], the market in [`trading`].
//!
//! Architecture Invariant: this crate depends on nothing else of the workspace.

pub mod command;
mod currency;
mod decimal;
pub mod event;
mod fingerprint;
mod id;
mod money;
mod position;
pub mod purchase;
pub mod purchasing;
mod reason;
mod record_mark;
pub mod trading;
pub mod wire;

pub use command::Command;
pub use currency::Currency;
pub use decimal::{Decimal, DecimalError};
pub use event::{Decision, Event};
pub use fingerprint::Fingerprint;
pub use id::{CustomerId, IdempotencyKey, InvalidId, OrderId, ShopShards, TraceParent, VenueId};
pub use money::{Money, MoneyError};
pub use position::{InvalidPosition, Offset, Partition, Position, Timestamp};
pub use purchase::NewOrder;
pub use reason::RejectionReason;
pub use record_mark::{InvalidRecordMark, RecordMark};
pub use trading::{TradingCommand, TradingEvent};
