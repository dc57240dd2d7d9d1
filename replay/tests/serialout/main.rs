//! `replay serialout`, the real program, against a sink that watches the order: over real sockets,
//! on good days and bad ones.

mod bad_days;
mod bed;
mod crashes;
mod odd_targets;
mod results;
mod rewriting;
#[path = "../common/secure.rs"]
mod secure;
mod tls;
