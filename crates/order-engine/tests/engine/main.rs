//! The engine: a shop's purchases, a market's orders, and that the same records give the same state.

mod determinism;
mod given_when_then;
mod market;
mod outcomes;
mod purchases;
