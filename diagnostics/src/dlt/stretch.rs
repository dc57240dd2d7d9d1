//! Reading what is in a partition now, from one place to another.

use std::time::Duration;

use event_log::{BatchLimit, EventLog, LogError, LogReader, Record, Topic};
use order_domain::{Offset, Partition};
use tokio::time::timeout;

/// How much is read at once.
const READ: BatchLimit = BatchLimit { records: 500, bytes: 8 << 20 };

/// How long a partition's next record is waited for before the log is asked whether it answers at
/// all. One that does, and yet has no record up to the end, holds none there: offsets that a
/// transaction's markers or compaction took (Kafka) are no records.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// The records of one partition from `from` (inclusive) to where it ended when it was opened.
pub(super) struct Stretch {
    /// `None` where nothing is left.
    reader: Option<Box<dyn LogReader>>,
    end: Offset,
}

impl Stretch {
    /// From the oldest record that is kept.
    pub(super) async fn whole(
        log: &dyn EventLog,
        topic: &Topic,
        partition: Partition,
    ) -> Result<Self, LogError> {
        Self::from(log, topic, partition, Offset::ZERO).await
    }

    /// From `from`, or from the oldest record that is kept where that is later.
    pub(super) async fn from(
        log: &dyn EventLog,
        topic: &Topic,
        partition: Partition,
        from: Offset,
    ) -> Result<Self, LogError> {
        let ends = log.ends(topic, partition).await?;
        let begin = from.max(ends.first);
        let reader = match begin < ends.next {
            true => Some(log.read(topic, partition, begin).await?),
            false => None,
        };
        Ok(Self { reader, end: ends.next })
    }

    /// Where it ends, exclusive.
    pub(super) const fn end(&self) -> Offset {
        self.end
    }

    /// The next records, at least one; `None` at the end. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Record>>, LogError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let Ok(records) = timeout(SILENCE_MAX, reader.next(READ)).await else {
            self.reader = None;
            return Ok(None);
        };
        let mut records = records?;
        if records.last().is_none_or(|last| last.position.offset.next() >= self.end) {
            self.reader = None;
        }
        records.retain(|record| record.position.offset < self.end);
        Ok((!records.is_empty()).then_some(records))
    }
}
