//! What measures Seriatim from outside. No service links it.
//!
//! The subcommands of the program `diagnostics` are a module each:
//!
//! - [`bench`]: the benchmark, in one run on one machine.

pub mod bench;
