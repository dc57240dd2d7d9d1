//! The deterministic state machine that decides commands.
//!
//! An [`Engine`] holds the state of one partition. It has two pure functions:
//!
//! - [`decide`](Engine::decide): state and command -> [`Decision`](order_domain::Decision);
//! - [`evolve`](Engine::evolve): state and decision -> next state.
//!
//! Feed the same records to any engine on any machine and its [`state_hash`](Engine::state_hash)
//! is the same; so is that of an engine [restored](Engine::restore) from a
//! [snapshot](Engine::snapshot) that evolved through the decisions made since. What two instances
//! with logs of their own came to is compared by their [`outcomes`](Engine::outcomes).
//!
//! Architecture Invariant: no clock, no I/O, no random numbers, no floats, no async, and no map
//! that is iterated in an order of its own. Time is the timestamp of a record.

mod decided;
mod engine;
mod market;
mod outcomes;
mod purchase_rules;
mod recent_window;
mod shop;
mod snapshot;

pub use engine::{Engine, EngineSettings, Evolved};
pub use market::bounds::{MarketBounds, UNITS_MAX};
pub use market::view::{AccountBalance, MarketView, OrderView};
pub use outcomes::{OutcomeHash, VenueOutcomes};
pub use snapshot::{SnapshotError, StateHash};
