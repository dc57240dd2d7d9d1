//! The plain book that `order-book` is proved and measured against, and what both are fed with.
//!
//! - [`PlainBook`]: the same rules in the plainest form, a `BTreeMap` of queues and a `HashMap`;
//! - [`Command`] and [`Twins`]: one command to both books, and a comparison of all that can be seen;
//! - [`Flow`]: streams of messages for the benchmark and the tests, shaped like a market's [`Day`], or
//!   [`Scattered`] over its prices.
//!
//! Tests, benchmark and fuzz targets share it; no program links it. Its own tests are those of `order-book`: they say
//! what the rules are, and run both books side by side through any number of random commands.

mod day;
mod depths;
mod flow;
mod market;
mod plain;
mod random;
mod scattered;
mod twins;

pub use day::{Course, Day};
pub use depths::Depths;
pub use flow::{Flow, Message};
pub use market::Market;
pub use plain::PlainBook;
pub use random::Random;
pub use scattered::Scattered;
pub use twins::{Command, Twins};
