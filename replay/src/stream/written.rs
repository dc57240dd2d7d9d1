//! Records that a partition has already.

use std::ops::Range;

use event_log::{BatchLimit, LogReader, Record};
use futures_util::TryFutureExt as _;
use order_domain::{Offset, Partition};

use super::StreamError;
use super::log::LogTopic;
use super::patience::Patience;

/// What one read returns at most.
const READ_LIMIT: BatchLimit = BatchLimit { records: 256, bytes: 1 << 20 };

/// The records of a partition from one offset to before another that it has reached. They are there, so
/// one that does not come means that the log is away.
pub(crate) struct WrittenRecords {
    /// `None` at the end.
    reader: Option<Box<dyn LogReader>>,
    next: Offset,
    end: Offset,
    /// Of the partition.
    place: String,
    patience: Patience,
}

impl WrittenRecords {
    pub(crate) async fn open(
        topic: &LogTopic,
        partition: Partition,
        offsets: Range<Offset>,
    ) -> Result<Self, StreamError> {
        let Range { start: next, end } = offsets;
        let (place, patience) = (topic.place(partition), topic.patience);
        let reader = if next < end {
            let mut topic = topic;
            let opening = patience.wait_for(&place, &mut topic, |topic| {
                Box::pin(topic.log.read(&topic.topic, partition, next).err_into())
            });
            Some(opening.await.map_err(|error| error.in_partition(&place))?)
        } else {
            None
        };
        Ok(Self { reader, next, end, place, patience })
    }

    /// The next ones, at least one; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Vec<Record>, StreamError> {
        let Self { reader, next, end, place, patience } = self;
        let Some(open) = reader else { return Ok(Vec::new()) };
        let what = format!("record {next} of those before {end} in {place}");
        let read =
            patience.wait_for(&what, open, |open| Box::pin(open.next(READ_LIMIT).err_into()));
        let mut records = read.await.map_err(|error| error.in_partition(place))?;
        if let Some(last) = records.last() {
            *next = last.position.offset.next();
        }
        if next >= end {
            *reader = None;
        }
        records.truncate(records.partition_point(|record| record.position.offset < *end));
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use std::mem;
    use std::time::Duration;

    use async_trait::async_trait;
    use bytes::Bytes;
    use event_log::{Headers, LogError};
    use order_domain::{Position, Timestamp};

    use super::*;

    /// Fails in passing before each read, gives three records at a time, and then says nothing more.
    struct Failing {
        offsets: Range<u64>,
        fails: bool,
    }

    #[async_trait]
    impl LogReader for Failing {
        async fn next(&mut self, _: BatchLimit) -> Result<Vec<Record>, LogError> {
            if self.offsets.is_empty() {
                return std::future::pending().await;
            }
            self.fails = !self.fails;
            if self.fails {
                return Err(LogError::Unavailable("it restarts".to_owned()));
            }
            let middle = (self.offsets.start + 3).min(self.offsets.end);
            let now = mem::replace(&mut self.offsets.start, middle)..middle;
            Ok(now.map(record).collect())
        }
    }

    fn record(offset: u64) -> Record {
        Record {
            position: Position::new(Partition(0), Offset(offset)),
            timestamp: Timestamp(0),
            key: Bytes::new(),
            payload: Bytes::new(),
            headers: Headers::default(),
        }
    }

    /// What is read of a log that has these records where there should be some before `end`.
    async fn read(offsets: Range<u64>, end: u64) -> (Vec<u64>, Result<(), StreamError>) {
        let mut written = WrittenRecords {
            reader: Some(Box::new(Failing { offsets, fails: false })),
            next: Offset::ZERO,
            end: Offset(end),
            place: "partition 0 of orders".to_owned(),
            patience: Patience(Duration::from_mins(1)),
        };
        let mut read = Vec::new();
        loop {
            match written.next().await {
                Ok(records) if records.is_empty() => return (read, Ok(())),
                Ok(records) => read.extend(records.iter().map(|record| record.position.offset.0)),
                Err(error) => return (read, Err(error)),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_behind_the_end_is_not_read() {
        for end in 1..=7 {
            let (read, ended) = read(0..7, end).await;
            ended.expect("the end");
            assert!(read.iter().copied().eq(0..end), "{end}: {read:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn records_may_be_missing_at_the_end() {
        // As where a record of the log itself stands there.
        let (read, ended) = read(5..9, 4).await;
        ended.expect("the end");
        assert!(read.is_empty(), "{read:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_come_is_named() {
        let (read, ended) = read(0..4, 6).await;
        let error = ended.expect_err("two are missing").to_string();
        assert!(error.contains("record 4 of those before 6 in partition 0 of orders"), "{error}");
        assert_eq!(read, [0, 1, 2, 3]);
    }
}
