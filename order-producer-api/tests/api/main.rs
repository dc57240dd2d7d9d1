//! The HTTP interface over a log in memory, with and without an engine behind it.

mod bad_input;
mod bodies;
mod idempotency;
mod memory_log;
mod outcomes;
mod pressure;
mod records;
mod shop;
mod trading;
