//! Streams: an archive's entries in a topic on Kafka or the embedded log, or in a Redis stream.
//!
//! A stream holds one archive. Each entry is one record:
//!
//! | | topic | Redis stream |
//! |---|---|---|
//! | ordering key | the record's key | field `key` |
//! | the entry's line without `chain` | the record's payload | field `entry` |
//! | archive id | header `replay-archive` | field `replay-archive` |
//! | sequence number, decimal | header `replay-sequence` | field `replay-sequence` |
//!
//! A topic's entries go to the partition of their key, each partition in the archive's order; the
//! [reader](StreamReader) puts the partitions together again by the sequence numbers, which have no
//! gaps. In Redis the id of an entry is `<sequence>-0`.
//!
//! # Exactly once
//! What is in a partition is always a *prefix* of what belongs there: appends to it are strictly
//! one after the other, in order. So the last record of a partition tells all that is in it, and a
//! [target](StreamTarget) that is opened again goes on behind that. An append of which nobody knows
//! whether it happened is settled by reading the last record anew. Redis decides in a script that
//! takes no entry twice and leaves no gap, whoever asks. On the others a second writer of the same
//! stream is noticed by the offsets that it takes, and ends the work; if it had repeated something
//! by then, readers pass over what they have seen.
//!
//! A server that loses what it has acknowledged breaks this. Who writes notices it during a run by an
//! end that lies before what was there, and after it by the length of the stream; who reads, by the gap.

mod address;
mod entries;
mod error;
mod lane;
mod log;
mod merge;
mod patience;
mod reader;
mod record;
mod redis;
mod target;
mod there;
mod written;

pub use address::{ServerArgs, StreamAddress, StreamArgs, StreamUrl};
pub use error::StreamError;
pub(crate) use log::LogTopic;
pub use reader::StreamReader;
pub(crate) use record::is_entry;
pub use target::{Finished, StreamTarget, TargetSettings};
pub use there::There;
pub(crate) use written::WrittenRecords;
