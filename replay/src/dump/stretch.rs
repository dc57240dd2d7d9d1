//! A stretch of a topic, its partitions put together by time.

use std::collections::VecDeque;

use event_log::{LogError, Record};
use jiff::Timestamp;
use order_domain::{Offset, Partition, Position};

use crate::stream::{LogTopic, StreamError, WrittenRecords};

/// Which part of a topic is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Where partitions begin, inclusive; others begin with what is kept.
    pub first: Vec<Position>,
    /// Where partitions end, exclusive; others end where they end now.
    pub until: Vec<Position>,
    /// Which partitions; all, if there is none.
    pub partitions: Vec<Partition>,
    /// From which time on, inclusive.
    pub since: Option<Timestamp>,
    /// Before which time.
    pub before: Option<Timestamp>,
}

impl Stretch {
    fn has(&self, partition: Partition) -> bool {
        self.partitions.is_empty() || self.partitions.contains(&partition)
    }

    /// Whether a time is within.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.before.is_none_or(|before| at < before)
    }

    fn bound(bounds: &[Position], partition: Partition) -> Option<Offset> {
        let bound = bounds.iter().find(|bound| bound.partition == partition);
        bound.map(|bound| bound.offset)
    }
}

/// Reads a stretch. Each partition keeps its order, whatever its times; between partitions the
/// earlier time comes first, and at the same time the lower partition.
pub(super) struct TopicReader {
    stretch: Stretch,
    partitions: Vec<PartitionReader>,
}

struct PartitionReader {
    written: WrittenRecords,
    ahead: VecDeque<Record>,
    /// Never runs backwards, though a record's time may.
    clock: i64,
}

impl TopicReader {
    /// Begins at the stretch's beginning; it ends at what is there now.
    pub async fn open(topic: &LogTopic, stretch: Stretch) -> Result<Self, StreamError> {
        let LogTopic { log, topic: name, .. } = topic;
        let count = log.partition_count(name).await?;
        let named = stretch.partitions.iter();
        let named = named.chain(stretch.first.iter().chain(&stretch.until).map(|at| &at.partition));
        for partition in named {
            if partition.0 >= count {
                let why = format!("{name} has {count} partitions, so none of number {partition}");
                return Err(LogError::Configuration(why).into());
            }
        }
        let mut partitions = Vec::new();
        for partition in (0..count).map(Partition).filter(|partition| stretch.has(*partition)) {
            let ends = topic.ends(partition).await?;
            let begin = Stretch::bound(&stretch.first, partition).unwrap_or(ends.first);
            let until = Stretch::bound(&stretch.until, partition).unwrap_or(ends.next);
            let end = until.min(ends.next);
            let written = WrittenRecords::open(topic, partition, begin..end).await?;
            let (ahead, clock) = (VecDeque::new(), i64::MIN);
            partitions.push(PartitionReader { written, ahead, clock });
        }
        Ok(Self { stretch, partitions })
    }

    /// The next record of the stretch; `None` at its end.
    pub async fn next(&mut self) -> Result<Option<Record>, StreamError> {
        loop {
            let Some(record) = self.next_of_any_time().await? else { return Ok(None) };
            if time_of(&record).is_some_and(|at| self.stretch.covers(at)) {
                return Ok(Some(record));
            }
        }
    }

    /// The record that comes next, whatever its time; it stays where it is.
    pub async fn peek(&mut self) -> Result<Option<&Record>, StreamError> {
        let first = self.earliest().await?;
        Ok(first.and_then(|index| self.partitions[index].ahead.front()))
    }

    async fn next_of_any_time(&mut self) -> Result<Option<Record>, StreamError> {
        let first = self.earliest().await?;
        Ok(first.and_then(|index| self.partitions[index].take()))
    }

    /// Which partition comes next.
    async fn earliest(&mut self) -> Result<Option<usize>, StreamError> {
        let mut earliest: Option<(i64, usize)> = None;
        for (index, partition) in self.partitions.iter_mut().enumerate() {
            if let Some(clock) = partition.peek().await? {
                let this = (clock, index);
                earliest = Some(earliest.map_or(this, |other| other.min(this)));
            }
        }
        Ok(earliest.map(|(_, index)| index))
    }
}

impl PartitionReader {
    /// The time at which the next record counts.
    async fn peek(&mut self) -> Result<Option<i64>, StreamError> {
        if self.ahead.is_empty() {
            self.ahead.extend(self.written.next().await?);
        }
        Ok(self.ahead.front().map(|record| self.clock.max(record.timestamp.0)))
    }

    fn take(&mut self) -> Option<Record> {
        let record = self.ahead.pop_front()?;
        self.clock = self.clock.max(record.timestamp.0);
        Some(record)
    }
}

/// When the log took a record; `None` for a time that no calendar has.
pub(super) fn time_of(record: &Record) -> Option<Timestamp> {
    Timestamp::from_millisecond(record.timestamp.0).ok()
}
