//! The program `replay`, as a user runs it: `ingest`, `verify`, and what floods tried first.

mod dry_run;
mod empty;
mod ingest;
mod instances;
mod killed;
mod program;
mod s3;
mod sink;
#[path = "../common/small_disk.rs"]
mod small_disk;
mod unread;
mod usage;
mod verify;
