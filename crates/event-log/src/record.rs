//! What the log carries.

use std::borrow::Cow;

use bytes::Bytes;
use order_domain::{Position, RecordMark, Timestamp};

/// The largest record: key, headers and payload together, in bytes. Kafka's default
/// `message.max.bytes` is 1,048,588; this stays below it with room for the framing.
pub const RECORD_BYTES_MAX: usize = 1_000_000;

/// A record to append.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NewRecord {
    /// Decides the partition, where the caller does not name one.
    pub key: Bytes,
    /// The record's content.
    pub payload: Bytes,
    /// Attributes beside the content.
    pub headers: Headers,
}

impl NewRecord {
    /// The record's size as [`RECORD_BYTES_MAX`] counts it.
    pub fn size(&self) -> usize {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.key.len() + self.payload.len() + headers
    }
}

/// A record as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub position: Position,
    /// When it was appended.
    pub timestamp: Timestamp,
    /// Its key; empty where the writer gave none.
    pub key: Bytes,
    /// Its content.
    pub payload: Bytes,
    /// Its attributes.
    pub headers: Headers,
}

impl Record {
    /// What this record is known by where somebody remembers it outside of the log.
    pub fn mark(&self) -> RecordMark {
        RecordMark::of(self.timestamp, &self.key, &self.payload)
    }
}

/// Named values beside a record's payload, in the writer's order. A name may occur more than once.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Headers(Vec<(Cow<'static, str>, Bytes)>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No headers yet, with room for `count`.
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Adds a header at the end.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Bytes>) {
        self.0.push((name.into(), value.into()));
    }

    /// The same headers with one more at the end.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Bytes>) -> Self {
        self.push(name, value);
        self
    }

    /// The last value of this name.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The last value of this name, where it is UTF-8.
    pub fn get_text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// All headers in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}
