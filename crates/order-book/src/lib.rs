//! The order book of one instrument: price-time priority matching.
//!
//! Pure and deterministic: the same commands give the same events and the same book on any machine.
//! No dependencies, no clock, no I/O, no random numbers, no floats, no `unsafe`.

mod arena;
mod book;
mod event;
mod id_index;
mod invariants;
mod ladder;
mod matching;
mod order;
mod queries;
mod snapshot;
mod submit;

pub use book::{Limits, OrderBook};
pub use event::{CancelReason, Event, Refused};
pub use order::{
    NewOrder, OrderId, OrderKind, OwnerId, Price, Quantity, RestingOrder, SelfTrade, Side,
    TimeInForce,
};
pub use queries::{Level, QueuePlace};
pub use snapshot::{RestoreError, StateHash};

/// No order, no level, no branch.
const NONE: u32 = u32::MAX;
