//! Reading what is in a partition now, from one place to its end.

use std::time::Duration;

use event_log::{BatchLimit, EventLog, LogError, LogReader, Record, Topic};
use order_domain::{Offset, Partition};
use tokio::time::timeout;

/// How much is read at once.
const READ: BatchLimit = BatchLimit { records: 500, bytes: 8 << 20 };

/// After how long without a record a partition is taken to have none left before its end.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long a record that must come is waited for.
const ANSWER_WAIT_MAX: Duration = Duration::from_mins(1);

/// The records of one partition from `from` (inclusive) to where it ended when it was opened.
pub(crate) struct Stretch {
    /// `None` where nothing is left.
    reader: Option<Box<dyn LogReader>>,
    next: Offset,
    end: Offset,
    /// What it means that no further record comes, though the end is not reached.
    silence: Silence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// There is none: the offsets up to the end were taken by what is no record, such as the markers
    /// of transactions (Kafka).
    IsTheEnd,
    /// The log can't be read just now.
    IsAnError,
}

impl Stretch {
    /// From the oldest record that is kept.
    pub(crate) async fn whole(
        log: &dyn EventLog,
        topic: &Topic,
        partition: Partition,
    ) -> Result<Self, LogError> {
        Self::from(log, topic, partition, Offset::ZERO).await
    }

    /// From `from`, or from the oldest record that is kept where that is later.
    pub(crate) async fn from(
        log: &dyn EventLog,
        topic: &Topic,
        partition: Partition,
        from: Offset,
    ) -> Result<Self, LogError> {
        let ends = log.ends(topic, partition).await?;
        let next = from.max(ends.first);
        let reader =
            if next < ends.next { Some(log.read(topic, partition, next).await?) } else { None };
        Ok(Self { reader, next, end: ends.next, silence: Silence::IsTheEnd })
    }

    /// The same, where something depends on having seen every record.
    #[must_use]
    pub(crate) fn complete(self) -> Self {
        Self { silence: Silence::IsAnError, ..self }
    }

    /// Where it ends, exclusive.
    pub(crate) const fn end(&self) -> Offset {
        self.end
    }

    /// The next records, at least one; `None` at the end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Record>>, LogError> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let wait = match self.silence {
            Silence::IsTheEnd => SILENCE_MAX,
            Silence::IsAnError => ANSWER_WAIT_MAX,
        };
        let Ok(records) = timeout(wait, reader.next(READ)).await else {
            if self.silence == Silence::IsAnError {
                let (next, end) = (self.next, self.end);
                let why = format!("nothing came of {next} to {end} within {wait:?}");
                return Err(LogError::Unavailable(why));
            }
            self.reader = None;
            return Ok(None);
        };
        let mut records = records?;
        if let Some(last) = records.last() {
            self.next = last.position.offset.next();
        }
        if self.next >= self.end {
            self.reader = None;
        }
        records.retain(|record| record.position.offset < self.end);
        Ok((!records.is_empty()).then_some(records))
    }
}
