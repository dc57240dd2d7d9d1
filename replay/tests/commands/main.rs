//! The program `replay`, as a user runs it: `ingest` and `verify`.

mod ingest;
mod killed;
mod program;
mod s3;
mod verify;
