//! The ordered log: its port, and the embedded and Kafka logs behind it.
//!
//! [`EventLog`] is all that the programs see. [`open`] picks the adapter by URL:
//!
//! | URL | adapter |
//! |---|---|
//! | `sqlite:<directory>` | one SQLite file a topic in `<directory>`; nothing to install |
//! | `kafka://host:port[,host:port]` | a Kafka cluster |
//!
//! The contract, checked by one suite over every adapter:
//!
//! - an append is answered only when the record is durable, with its position and timestamp;
//! - records of one partition are read in the order of their offsets, the same order every time;
//! - appends from one caller to one partition keep their order;
//! - a key maps to its partition as Kafka's default partitioner does ([`partition_of_key`]);
//! - nothing that was answered is lost by a crash of the process.
//!
//! A writer that must be the only one of its partition says where it expects its records to stand
//! ([`NewRecord::expected_at`]), and readers pass over those that stand elsewhere
//! ([`Record::stands_as_expected`]).
//!
//! Architecture Invariant: only this crate names rdkafka, and the embedded log's SQLite is nobody
//! else's business.

pub mod dead_letters;
mod error;
mod expected;
mod kafka;
mod open;
mod partitioner;
mod port;
mod record;
mod sqlite;
pub mod topics;

pub use error::LogError;
pub use expected::EXPECTED_OFFSET_HEADER;
pub use kafka::KafkaLog;
pub use open::{LogSettings, open};
pub use partitioner::partition_of_key;
pub use port::{Appended, BatchLimit, Ends, EventLog, LogReader, Membership, Rebalance};
pub use record::{Headers, NewRecord, RECORD_BYTES_MAX, Record};
pub use sqlite::SqliteLog;
pub use topics::{GroupId, MemberId, Retention, Topic, TopicSpec};
