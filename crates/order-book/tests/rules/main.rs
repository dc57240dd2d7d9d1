//! The rules of the book, one test each: given these orders, when this happens, then that follows.

mod amending;
mod bounds;
mod cancelling;
mod desk;
mod market_orders;
mod matching;
mod post_only;
mod queries;
mod self_trade;
mod snapshots;
mod time_in_force;
