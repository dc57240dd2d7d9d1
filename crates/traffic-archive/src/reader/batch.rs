//! Entries and lines that travel together from the decompressing thread.

use std::borrow::Cow;
use std::mem;
use std::ops::Range;

use bytes::Bytes;

use super::Line;
use crate::entry::{Entry, Sequence};
use crate::segment::WholeLine;
use crate::wire;

/// Entries that travel from the decompressing thread together, at most.
const BATCH_ENTRIES_MAX: usize = 256;

/// Bytes of lines that travel together, give or take one line.
const BATCH_BYTES_MAX: usize = 256 << 10;

/// Gathers what travels together.
pub(super) trait Batch: Send {
    type Item: Send + 'static;

    /// Adds a line; gives the sequence number found in it, or the reason why it is no entry.
    fn push(&mut self, line: WholeLine) -> Result<Sequence, String>;

    fn is_full(&self) -> bool;

    fn take(&mut self) -> Vec<Self::Item>;
}

#[derive(Default)]
pub(super) struct EntryBatch {
    entries: Vec<Entry>,
    bytes: usize,
}

impl Batch for EntryBatch {
    type Item = Entry;

    fn push(&mut self, line: WholeLine) -> Result<Sequence, String> {
        let entry = wire::parse(&line.json)?;
        let sequence = entry.sequence;
        if sequence == line.sequence {
            self.bytes += line.json.len();
            self.entries.push(entry);
        }
        Ok(sequence)
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= BATCH_ENTRIES_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn take(&mut self) -> Vec<Entry> {
        self.bytes = 0;
        // The next batch is about as large.
        let next = Vec::with_capacity(self.entries.len());
        mem::replace(&mut self.entries, next)
    }
}

/// Where the key is. Nearly every key is in the line as it is, so that none needs memory of its own.
enum Key {
    InLine(Range<usize>),
    Unescaped(Bytes),
}

impl Key {
    /// `key` was found in `line`.
    fn of(key: Cow<'_, str>, line: &[u8]) -> Self {
        match key {
            Cow::Borrowed(key) => {
                let begin = key.as_ptr().addr() - line.as_ptr().addr();
                Self::InLine(begin..begin + key.len())
            }
            Cow::Owned(key) => Self::Unescaped(key.into()),
        }
    }

    fn take(self, json: &Bytes) -> Bytes {
        match self {
            Self::InLine(range) => json.slice(range),
            Self::Unescaped(key) => key,
        }
    }
}

#[derive(Default)]
pub(super) struct LineBatch {
    lines: Vec<Line>,
    bytes: usize,
}

impl Batch for LineBatch {
    type Item = Line;

    fn push(&mut self, line: WholeLine) -> Result<Sequence, String> {
        let heading = wire::heading(&line.json)?;
        let sequence = heading.sequence;
        if sequence == line.sequence {
            let key = Key::of(heading.key, &line.json);
            let digits = wire::first_number(&line.json);
            let json = line.without_chain();
            self.bytes += json.len();
            self.lines.push(Line { sequence, key: key.take(&json), json, digits });
        }
        Ok(sequence)
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= BATCH_ENTRIES_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn take(&mut self) -> Vec<Line> {
        self.bytes = 0;
        // The next batch is about as large.
        let next = Vec::with_capacity(self.lines.len());
        mem::replace(&mut self.lines, next)
    }
}
