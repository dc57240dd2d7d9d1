//! A partition of a topic as a lane.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use event_log::{
    Appended, BatchLimit, Ends, EventLog, LogError, NewRecord, RECORD_BYTES_MAX, Record, Topic,
};
use order_domain::{Offset, Partition, Position};
use tokio::time::{sleep, timeout};
use traffic_archive::{ArchiveId, Line, Sequence};

use super::lane::Lane;
use super::patience::Patience;
use super::record::{Label, to_record};
use super::{StreamAddress, StreamError};

/// A writer that was killed may have left a request under way. The end of a partition is believed
/// when it has not moved for this long.
const SETTLED_AFTER: Duration = Duration::from_millis(250);

/// How often it may move before somebody else must be at work there.
const SETTLING_TRIES_MAX: usize = 20;

/// How long one record that is there may take to be read.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A topic on a log.
#[derive(Clone)]
pub(crate) struct LogTopic {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) topic: Topic,
    pub(crate) patience: Patience,
}

impl LogTopic {
    /// `None` where the address is not of a log.
    pub(crate) async fn open(address: &StreamAddress) -> Result<Option<Self>, StreamError> {
        let Some((settings, topic)) = address.log() else { return Ok(None) };
        let log = event_log::open(&settings).await?;
        Ok(Some(Self { log, topic, patience: address.patience }))
    }

    pub(crate) fn place(&self, partition: Partition) -> String {
        format!("partition {partition} of {}", self.topic)
    }

    pub(crate) async fn ends(&self, partition: Partition) -> Result<Ends, StreamError> {
        Ok(self.log.ends(&self.topic, partition).await?)
    }

    /// The record at an offset that is in the log.
    pub(super) async fn record(&self, at: Position) -> Result<Record, StreamError> {
        let read = async {
            let mut reader = self.log.read(&self.topic, at.partition, at.offset).await?;
            reader.next(BatchLimit { records: 1, bytes: 1 }).await
        };
        let late =
            || LogError::Unavailable(format!("record {at} was not read in {READ_TIMEOUT:?}"));
        let records = timeout(READ_TIMEOUT, read).await.map_err(|_| late())??;
        records.into_iter().next().ok_or_else(|| late().into())
    }

    /// What the last record of a partition holds; `None` where nothing was ever written.
    pub(super) async fn tail(
        &self,
        at: Partition,
        ends: Ends,
    ) -> Result<Option<Label>, StreamError> {
        match ends.next.0.checked_sub(1) {
            None => Ok(None),
            Some(_) if ends.first == ends.next => {
                Err(StreamError::TailGone { place: self.place(at) })
            }
            Some(last) => {
                let record = self.record(Position::new(at, Offset(last))).await?;
                Label::of(&record, self.topic.as_str()).map(Some)
            }
        }
    }

    /// The ends of a partition once they stay where they are.
    async fn settled_ends(&self, partition: Partition) -> Result<Ends, StreamError> {
        let mut ends = self.ends(partition).await?;
        for _ in 0..SETTLING_TRIES_MAX {
            if ends.next == Offset::ZERO {
                return Ok(ends);
            }
            sleep(SETTLED_AFTER).await;
            let later = self.ends(partition).await?;
            if later.next == ends.next {
                return Ok(later);
            }
            ends = later;
        }
        let moving = format!("{} does not come to rest", self.place(partition));
        Err(LogError::Unavailable(moving).into())
    }
}

/// Writes one partition.
pub(super) struct PartitionLane {
    topic: LogTopic,
    partition: Partition,
    archive: ArchiveId,
    archive_text: Bytes,
    last: Option<Sequence>,
    next: Offset,
}

impl PartitionLane {
    /// Looks what is there already.
    pub(super) async fn open(
        topic: LogTopic,
        partition: Partition,
        archive: ArchiveId,
    ) -> Result<Self, StreamError> {
        // Every record names it. A count of who uses it would go from core to core with each of them, so it
        // is kept for good, once a lane.
        let archive_text = Bytes::from_static(archive.to_string().leak().as_bytes());
        let next = Offset::ZERO;
        let mut lane = Self { topic, partition, archive, archive_text, last: None, next };
        lane.settle().await?;
        Ok(lane)
    }

    fn records(&self, lines: &[Line]) -> Result<Vec<NewRecord>, StreamError> {
        let mut records = Vec::with_capacity(lines.len());
        for line in lines {
            let record = to_record(&self.archive_text, line);
            let (bytes, max) = (record.size(), RECORD_BYTES_MAX);
            if bytes > max {
                return Err(StreamError::TooLarge { sequence: line.sequence, bytes, max });
            }
            records.push(record);
        }
        Ok(records)
    }

    /// Only one writer at work takes offsets one behind the other.
    fn check_alone(&self, appended: &[Appended]) -> Result<(), StreamError> {
        for (appended, offset) in appended.iter().zip(self.next.0..) {
            let expected = Position::new(self.partition, Offset(offset));
            let (place, found) = (self.topic.topic.to_string(), appended.position);
            if found.offset < expected.offset {
                return Err(StreamError::Lost { place, expected, found });
            }
            if found != expected {
                return Err(StreamError::NotAlone { place, expected, found });
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Lane for PartitionLane {
    fn last(&self) -> Option<Sequence> {
        self.last
    }

    async fn append(&mut self, lines: &[Line]) -> Result<(), StreamError> {
        let records = self.records(lines)?;
        let LogTopic { log, topic, .. } = &self.topic;
        let appended = log.append_all(topic, self.partition, records).await?;
        self.check_alone(&appended)?;
        self.next = Offset(self.next.0 + appended.len() as u64);
        self.last = lines.last().map(|line| line.sequence).or(self.last);
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), StreamError> {
        let ends = self.topic.settled_ends(self.partition).await?;
        let tail = self.topic.tail(self.partition, ends).await?;
        if let Some(Label { archive: found, .. }) = tail
            && found != self.archive
        {
            let place = self.topic.place(self.partition);
            return Err(StreamError::OtherArchive { place, found, expected: self.archive });
        }
        self.last = tail.map(|label| label.sequence);
        self.next = ends.next;
        Ok(())
    }
    async fn length(&mut self) -> Result<u64, StreamError> {
        let ends = self.topic.ends(self.partition).await?;
        Ok(ends.next.0 - ends.first.0)
    }
}
