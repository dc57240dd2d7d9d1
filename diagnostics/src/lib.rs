//! What measures and mends Seriatim from outside. No service links it.
//!
//! The subcommands of the program `diagnostics` are a module each:
//!
//! - [`mod@bench`]: the benchmark, in one run on one machine;
//! - [`load`]: load on any deployment, and [`compare`]: whether two loads went differently;
//! - [`dlt`]: the desk where dead letters are read, mended and sent again.

pub mod bench;
pub mod compare;
pub mod dlt;
pub mod load;
mod oha;
mod quantity;
