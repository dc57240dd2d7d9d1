//! Entries and lines that travel together from the decompressing thread.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::mem;
use std::ops::Range;

use bytes::{Bytes, BytesMut};

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
    fn push(&mut self, line: &WholeLine<'_>) -> Result<Sequence, String>;

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

    fn push(&mut self, line: &WholeLine<'_>) -> Result<Sequence, String> {
        let entry = wire::parse(line.json)?;
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
        mem::take(&mut self.entries)
    }
}

/// Batches whose memory is used again once all their lines are gone; as many as the slowest user
/// has under way.
const BATCHES_KEPT_MAX: usize = 64;

/// What is known of a line before its bytes are shared.
struct LineHeading {
    sequence: Sequence,
    digits: Option<Range<usize>>,
    key: Key,
    bytes: usize,
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
    headings: Vec<LineHeading>,
    json: BytesMut,
    /// The newest batches that were given away, oldest first.
    given: VecDeque<Bytes>,
}

impl LineBatch {
    /// Room for another batch. Memory that is new costs more than what is written into it: the system
    /// clears every page.
    fn room(&mut self) -> BytesMut {
        if self.given.len() >= BATCHES_KEPT_MAX
            && let Some(oldest) = self.given.pop_front()
            && let Ok(mut again) = oldest.try_into_mut()
        {
            again.clear();
            return again;
        }
        BytesMut::with_capacity(BATCH_BYTES_MAX + BATCH_BYTES_MAX / 8)
    }
}

impl Batch for LineBatch {
    type Item = Line;

    fn push(&mut self, line: &WholeLine<'_>) -> Result<Sequence, String> {
        let heading = wire::heading(line.json)?;
        let sequence = heading.sequence;
        if sequence == line.sequence {
            if self.headings.is_empty() {
                self.json = self.room();
            }
            self.json.extend_from_slice(line.unclosed);
            self.json.extend_from_slice(b"}");
            let bytes = line.unclosed.len() + 1;
            let key = Key::of(heading.key, line.json);
            let digits = wire::first_number(line.json);
            self.headings.push(LineHeading { sequence, digits, key, bytes });
        }
        Ok(sequence)
    }

    fn is_full(&self) -> bool {
        self.headings.len() >= BATCH_ENTRIES_MAX || self.json.len() >= BATCH_BYTES_MAX
    }

    fn take(&mut self) -> Vec<Line> {
        let mut json = mem::take(&mut self.json).freeze();
        self.given.push_back(json.clone());
        let line = |LineHeading { sequence, digits, key, bytes }| {
            let json = json.split_to(bytes);
            Line { sequence, key: key.take(&json), json, digits }
        };
        self.headings.drain(..).map(line).collect()
    }
}
