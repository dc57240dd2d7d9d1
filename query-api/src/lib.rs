//! SQL to HTTP: what became of the orders, and what a market is like.
//!
//! One module a dialect translates requests into queries and rows into JSON; it decides nothing. A
//! read that sends back the `Seriatim-Position` of a write waits, up to a bound, until the
//! projection has passed it. The store is asked in one place only, which bounds and measures every
//! query and writes to the log, once, why one failed.
//!
//! Architecture Invariant: this service writes nothing, and any number of copies can run.

mod answer;
mod api;
mod cursor;
mod described;
mod each;
mod entity_tag;
mod error;
mod metrics;
mod outage;
mod parameters;
mod purchasing;
mod reader;
mod run;
mod settings;
mod strong_read;
mod text;
mod trading;

pub use api::{QueryApi, openapi};
pub use run::{LISTEN_DEFAULT, RunError, run};
pub use settings::QuerySettings;
