//! `diagnostics load` and `diagnostics compare`, as a person or a script runs them, against targets that
//! behave and targets that don't.

mod bad_input;
mod bad_targets;
mod closed;
mod comparing;
mod exit_codes;
mod oha;
mod open;
mod run;
mod stopping;
mod target;
mod terminal;
