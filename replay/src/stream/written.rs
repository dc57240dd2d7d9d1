//! Records that a partition has already.

use std::ops::Range;
use std::time::Duration;

use backoff::backoff::Backoff as _;
use event_log::{BatchLimit, LogError, LogReader, Record};
use order_domain::{Offset, Partition};
use tokio::time::{sleep, timeout};

use super::log::LogTopic;
use super::{StreamError, lane};

/// The records of a partition from one offset to before another that it has reached. They are there, so
/// one that does not come means that the log is away: it is waited for as long as there is patience.
pub(crate) struct WrittenRecords {
    /// `None` at the end.
    reader: Option<Box<dyn LogReader>>,
    end: Offset,
    place: String,
    patience: Duration,
}

impl WrittenRecords {
    pub(crate) async fn open(
        topic: &LogTopic,
        partition: Partition,
        offsets: Range<Offset>,
    ) -> Result<Self, StreamError> {
        let reader = if offsets.start < offsets.end {
            Some(topic.log.read(&topic.topic, partition, offsets.start).await?)
        } else {
            None
        };
        let (place, patience) = (topic.place(partition), topic.patience);
        Ok(Self { reader, end: offsets.end, place, patience })
    }

    /// The next ones, at least one; none at the end.
    pub(crate) async fn next(&mut self, limit: BatchLimit) -> Result<Vec<Record>, StreamError> {
        let Some(reader) = &mut self.reader else { return Ok(Vec::new()) };
        let read = timeout(self.patience, read_on(reader.as_mut(), limit));
        let mut records = read.await.map_err(|_| {
            let (place, patience) = (&self.place, self.patience);
            LogError::Unavailable(format!("{place} gave none of its records for {patience:?}"))
        })??;
        let before_end = records.partition_point(|record| record.position.offset < self.end);
        records.truncate(before_end);
        if records.last().is_none_or(|last| last.position.offset.next() >= self.end) {
            self.reader = None;
        }
        Ok(records)
    }
}

/// As long as it takes.
async fn read_on(
    reader: &mut dyn LogReader,
    limit: BatchLimit,
) -> Result<Vec<Record>, StreamError> {
    let mut waits = lane::waits();
    loop {
        match reader.next(limit).await {
            Err(error) if error.is_retryable() => {
                tracing::warn!(%error, "a read failed; tries again");
                sleep(waits.next_backoff().unwrap_or(lane::WAIT_MAX)).await;
            }
            answer => return Ok(answer?),
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;
    use event_log::Headers;
    use order_domain::{Position, Timestamp};
    use tokio::time::Instant;

    use super::*;

    const LIMIT: BatchLimit = BatchLimit { records: 10, bytes: 1 << 20 };
    const PATIENCE: Duration = Duration::from_mins(1);

    /// Reads so many records from the first on, fails in passing before each, and then says nothing more.
    struct Failing {
        next: u64,
        count: u64,
        fails: bool,
    }

    #[async_trait]
    impl LogReader for Failing {
        async fn next(&mut self, _: BatchLimit) -> Result<Vec<Record>, LogError> {
            self.fails = !self.fails;
            if self.fails {
                return Err(LogError::Unavailable("it restarts".to_owned()));
            }
            if self.next == self.count {
                return std::future::pending().await;
            }
            self.next += 1;
            Ok(vec![Record {
                position: Position::new(Partition(0), Offset(self.next - 1)),
                timestamp: Timestamp(0),
                key: Bytes::new(),
                payload: Bytes::new(),
                headers: Headers::default(),
            }])
        }
    }

    /// What is read of a log that has `count` records where there should be `end`.
    async fn read(count: u64, end: u64) -> (u64, Result<(), StreamError>) {
        let reader = Some(Box::new(Failing { next: 0, count, fails: false }) as Box<dyn LogReader>);
        let place = "partition 0 of orders".to_owned();
        let mut written = WrittenRecords { reader, end: Offset(end), place, patience: PATIENCE };
        let mut read = 0;
        loop {
            match written.next(LIMIT).await {
                Ok(records) if records.is_empty() => return (read, Ok(())),
                Ok(records) => read += records.len() as u64,
                Err(error) => return (read, Err(error)),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_in_passing_is_read_again_and_nothing_behind_the_end_is_read() {
        let (read, ended) = read(7, 5).await;
        ended.expect("the end");
        assert_eq!(read, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_come_is_waited_for_as_long_as_there_is_patience() {
        let begun = Instant::now();
        let (read, ended) = read(3, 5).await;
        let error = ended.expect_err("two are missing");
        assert!(error.to_string().contains("partition 0 of orders"), "{error}");
        assert_eq!(read, 3);
        assert!(begun.elapsed() >= PATIENCE, "{:?}", begun.elapsed());
    }
}
