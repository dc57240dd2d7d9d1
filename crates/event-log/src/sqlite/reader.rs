//! Reads a partition: from memory where it can, from the file where it must, and waits at the end.

use std::sync::Arc;

use async_trait::async_trait;
use order_domain::{Offset, Partition};
use tokio_util::sync::CancellationToken;

use super::topic_file::{Page, TopicFile};
use super::watcher::Watcher;
use crate::{BatchLimit, LogError, LogReader, Record};

/// A reader of one partition.
pub struct SqliteReader {
    topic: Arc<TopicFile>,
    /// Notices other processes' appends.
    watcher: Arc<Watcher>,
    /// Ends the waiting.
    closed: CancellationToken,
    partition: Partition,
    /// The next record's offset. Moves only when records are handed over, so a call that is
    /// dropped loses none.
    from: Offset,
    /// Whether the file was seen to reach to `from`.
    in_range: bool,
}

impl SqliteReader {
    /// Reads `partition` of `topic` from `from` on, until `closed`.
    pub fn new(
        topic: Arc<TopicFile>,
        watcher: Arc<Watcher>,
        closed: CancellationToken,
        partition: Partition,
        from: Offset,
    ) -> Result<Self, LogError> {
        topic.tail(partition)?.reader_begins();
        Ok(Self { topic, watcher, closed, partition, from, in_range: false })
    }
}

impl Drop for SqliteReader {
    fn drop(&mut self) {
        if let Ok(tail) = self.topic.tail(self.partition) {
            tail.reader_ends();
        }
    }
}

#[async_trait]
impl LogReader for SqliteReader {
    async fn next(&mut self, limit: BatchLimit) -> Result<Vec<Record>, LogError> {
        loop {
            if self.closed.is_cancelled() {
                return Err(LogError::Closed);
            }
            if let Some(records) = self.read(limit).await? {
                self.from = records.last().map_or(self.from, |last| last.position.offset.next());
                self.in_range = true;
                return Ok(records);
            }
            self.wait().await?;
        }
    }
}

impl SqliteReader {
    async fn read(&mut self, limit: BatchLimit) -> Result<Option<Vec<Record>>, LogError> {
        let tail = self.topic.tail(self.partition)?;
        if let Some(records) = tail.read(self.from, limit) {
            return Ok(Some(records));
        }
        if self.in_range && self.from >= tail.next() {
            return Ok(None);
        }
        match self.topic.read(self.partition, self.from, limit).await? {
            Page::Records(records) => Ok(Some(records)),
            Page::End => {
                self.in_range = true;
                Ok(None)
            }
        }
    }

    async fn wait(&self) -> Result<(), LogError> {
        let _watching = self.watcher.watch(self.topic.shared());
        tokio::select! {
            () = self.topic.tail(self.partition)?.reach(self.from) => Ok(()),
            () = self.closed.cancelled() => Err(LogError::Closed),
        }
    }
}
