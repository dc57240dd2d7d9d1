//! `replay serialout`, the real program, against a sink that watches the order: over real sockets,
//! on good days and bad ones.

mod bad_days;
mod bed;
mod crashes;
mod odd_targets;
mod pace;
mod results;
mod rewriting;
#[path = "../common/secure.rs"]
mod secure;
#[path = "../common/small_disk.rs"]
mod small_disk;
mod tls;
