//! `diagnostics dlt` on an embedded log, command by command, as a person or a script runs it.

mod editing;
mod looking;
mod moving;
mod purging;
mod sending;
mod world;
