//! The archive: recorded requests in their order, and proof that they are still what was recorded.
//!
//! An archive is a folder or an object-store prefix:
//!
//! ```text
//! manifest.json                  what there is: counts, ranges, hashes
//! segment-000001.jsonl.zst       JSON Lines, one request a line, zstd
//! segment-000002.jsonl.zst
//! ```
//!
//! A line has these fields in this order; those in brackets may be absent:
//!
//! ```text
//! {"sequence":1,"at":"2026-11-21T12:00:00.123456Z","key":"shop/23","method":"POST",
//!  "path":"/api/Order","headers":[["content-type","application/json"]],["body":"...",]
//!  ["response":{"status":202,"headers":[],["body":"...",]["elapsedUs":1234]},]
//!  ["outcome":"accepted",]"chain":"0123456789abcdef"}
//! ```
//!
//! - `sequence` is dense and starts at 1 in every archive.
//! - `at` is in UTC and has exactly six digits of the second.
//! - `key` is the ordering key: what must stay in order shares a key. It may be empty.
//! - A body that is not UTF-8 is `bodyBase64` (RFC 4648, with padding) instead of `body`; an empty
//!   one is absent.
//! - `chain` proves the order. The chain begins as 32 zero bytes; each line makes it SHA-256 of the
//!   chain so far followed by the line's bytes before `,"chain"`, and shows the first 8 bytes of
//!   the result. So the first line that was edited, dropped, added or swapped is the first whose
//!   chain differs, and two archives have the same last chain exactly when they hold the same lines.
//!
//! [`Manifest`] tells the rest. It is rewritten as a whole after each segment, so an archive whose
//! writer was killed is valid up to its last whole segment, and can be continued.
//!
//! An archive has one writer at a time. A folder is locked by the first, and others are refused. In an
//! object store, who goes on with an archive takes it over, and the writer before is refused from then
//! on: both rest on conditional puts, so neither can harm what the other has written. There, a segment
//! whose name is taken already (by a writer that was killed or taken over before its manifest named it)
//! gets the writer's id behind its number, `segment-000002-<32 hex digits>.jsonl.zst`; what no manifest
//! names is nobody's and may be removed. An object store that knows no conditional puts keeps nobody
//! away: that is warned of.
//!
//! Architecture Invariant: this crate sends nothing; what is done with the requests is its users' affair.

mod answer;
mod chain;
mod claim;
mod entry;
mod error;
mod hash;
mod location;
mod manifest;
mod raw_lines;
mod reader;
mod segment;
mod wire;
mod writer;

pub use chain::Chain;
pub use entry::{Body, Entry, Exchange, Response, Sequence};
pub use error::{ArchiveError, Damage, Fault};
pub use hash::Hash;
pub use location::{Location, Store};
pub use manifest::{ArchiveId, Manifest, SegmentFile, SegmentNumber, Span, WriterId};
pub use raw_lines::LINE_BYTES_MAX;
pub use reader::{ArchiveReader, Entries, Line, Lines};
pub use segment::check_length;
pub use wire::{ResponseIn, ResponseOut};
pub use writer::{ArchiveWriter, WriterSettings};
