//! The plain book that `order-book` is proved and measured against, and what both are fed with.
//!
//! - [`PlainBook`]: the same rules in the plainest form, a `BTreeMap` of queues and a `HashMap`;
//! - [`Command`] and [`Twins`]: one command to both books, and a comparison of all that can be seen;
//! - [`Flow`]: streams of messages shaped like a market's day, for the benchmark and the tests.
//!
//! Tests, benchmark and fuzz targets share it; no program links it.

mod flow;
mod market;
mod plain;
mod random;
mod twins;

pub use flow::{Flow, Message, Shape};
pub use market::Market;
pub use plain::PlainBook;
pub use random::Random;
pub use twins::{Command, Twins};
