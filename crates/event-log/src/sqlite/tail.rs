//! The end of a partition in memory: where it is, who waits for it, and its newest records.
//!
//! Readers that keep up never touch the file: what the writer of this process has committed last
//! is handed to them as it is.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use order_domain::Offset;
use tokio::sync::watch;

use crate::{BatchLimit, Record};

/// How much of a partition's end is kept in memory, in bytes, [`RECORD_OVERHEAD_BYTES`] a record
/// included.
pub const TAIL_BYTES_MAX: usize = 1024 * 1024;

/// What a record takes in memory beside its content, roughly.
pub const RECORD_OVERHEAD_BYTES: usize = 256;

/// The end of one partition.
pub struct Tail {
    next: watch::Sender<u64>,
    recent: Mutex<Recent>,
    /// How many readers of this process there are: without any, nothing is kept.
    readers: AtomicUsize,
}

/// Neighbouring records, the newest last.
#[derive(Default)]
struct Recent {
    records: VecDeque<Record>,
    bytes: usize,
}

impl Tail {
    /// A partition that ends before `next`.
    pub fn new(next: Offset) -> Self {
        let next = watch::Sender::new(next.0);
        Self { next, recent: Mutex::default(), readers: AtomicUsize::new(0) }
    }

    /// A reader of this process begins.
    pub fn reader_begins(&self) {
        self.readers.fetch_add(1, Ordering::Relaxed);
    }

    /// A reader of this process ends.
    pub fn reader_ends(&self) {
        self.readers.fetch_sub(1, Ordering::Relaxed);
    }

    /// The offset that the next record gets, as far as this process has heard.
    pub fn next(&self) -> Offset {
        Offset(*self.next.borrow())
    }

    /// Tells those who wait that the partition reaches to `next`. Old news change nothing.
    pub fn publish(&self, next: Offset) {
        self.next.send_if_modified(|known| {
            let news = *known < next.0;
            *known = next.0.max(*known);
            news
        });
    }

    /// Waits until the partition has a record at `offset`.
    pub async fn reach(&self, offset: Offset) {
        // The sender is ours and lives as long as the borrow, so waiting can't fail.
        let _ = self.next.subscribe().wait_for(|next| *next > offset.0).await;
    }

    /// Keeps records that were just committed. They are neighbours and in order.
    pub fn keep(&self, records: impl Iterator<Item = Record>) {
        let mut recent = self.recent();
        if self.readers.load(Ordering::Relaxed) == 0 {
            *recent = Recent::default();
            return;
        }
        for record in records {
            let follows = |last: &Record| last.position.offset.next() == record.position.offset;
            if !recent.records.back().is_none_or(follows) {
                // Another process has written in between.
                *recent = Recent::default();
            }
            recent.bytes += weight(&record);
            recent.records.push_back(record);
        }
        while recent.bytes > TAIL_BYTES_MAX {
            recent.drop_oldest();
        }
    }

    /// Forgets the records before `first`, which are no longer in the log.
    pub fn forget_before(&self, first: Offset) {
        let mut recent = self.recent();
        while recent.records.front().is_some_and(|record| record.position.offset < first) {
            recent.drop_oldest();
        }
    }

    /// The records from `from` on, if that one is in memory.
    pub fn read(&self, from: Offset, limit: BatchLimit) -> Option<Vec<Record>> {
        let recent = self.recent();
        let first = recent.records.front()?.position.offset;
        let skip = usize::try_from(from.0.checked_sub(first.0)?).ok()?;
        let mut room = limit.bytes;
        let mut batch =
            Vec::with_capacity(recent.records.len().saturating_sub(skip).min(limit.records.max(1)));
        for record in recent.records.iter().skip(skip).take(limit.records.max(1)) {
            let fits = record.payload.len() <= room;
            if !fits && !batch.is_empty() {
                break;
            }
            room = room.saturating_sub(record.payload.len());
            batch.push(record.clone());
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn drop_oldest(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.bytes -= weight(&record);
        }
    }
}

fn weight(record: &Record) -> usize {
    let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    record.key.len() + record.payload.len() + headers + RECORD_OVERHEAD_BYTES
}
