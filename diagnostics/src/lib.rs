//! What measures and mends Seriatim from outside. No service links it.
//!
//! The subcommands of the program `diagnostics` are a module each:
//!
//! - [`mod@bench`]: the benchmark, in one run on one machine;
//! - [`load`]: load on any deployment, and [`compare`]: whether two loads went differently;
//! - [`check`]: the proof that log, decisions and store agree;
//! - [`dlt`]: the desk where dead letters are read, mended and sent again;
//! - [`top`]: how a deployment is doing now.

pub mod bench;
pub mod check;
pub mod compare;
pub mod deployment;
pub mod dlt;
pub mod load;
mod median;
mod oha;
mod prometheus;
mod screen;
mod stretch;
mod text;
pub mod top;
