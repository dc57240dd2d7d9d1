//! Reading one lane of a stream ahead of who wants its entries.

use std::time::Duration;

use backoff::backoff::Backoff as _;
use event_log::{BatchLimit, Ends, LogReader, Record};
use order_domain::{Offset, Partition, Position};
use tokio::sync::mpsc;
use tokio::time::sleep;
use traffic_archive::{ArchiveId, Entry, Sequence};

use super::log::LogTopic;
use super::record::{Label, parse_entry};
use super::redis::RedisStream;
use super::{StreamError, Until, lane};

/// What one read returns at most.
const READ_LIMIT: BatchLimit = BatchLimit { records: 256, bytes: 1 << 20 };

/// Batches that wait for the merge, of each lane.
const BATCHES_AHEAD_MAX: usize = 2;

/// How often a Redis stream is asked for more at its end.
const TAIL_POLL: Duration = Duration::from_millis(20);

/// Entries of one lane, in order.
pub(super) type Batch = Result<Vec<Entry>, StreamError>;

/// A partition from entry `from` on.
pub(super) struct PartitionReading {
    pub(super) topic: LogTopic,
    pub(super) partition: Partition,
    pub(super) archive: ArchiveId,
    pub(super) ends: Ends,
    pub(super) until: Until,
    pub(super) from: Sequence,
}

impl PartitionReading {
    pub(super) async fn start(self) -> Result<mpsc::Receiver<Batch>, StreamError> {
        let begin = self.begin().await?;
        let (outbox, inbox) = mpsc::channel(BATCHES_AHEAD_MAX);
        tokio::spawn(async move {
            if let Err(error) = self.read(begin, &outbox).await {
                // The reader may have gone.
                let _ = outbox.send(Err(error)).await;
            }
        });
        Ok(inbox)
    }

    /// The first record that may hold an entry from `from` on: they rise, so halving finds it.
    async fn begin(&self) -> Result<Offset, StreamError> {
        let (mut low, mut high) = (self.ends.first.0, self.ends.next.0);
        if self.from == Sequence::FIRST {
            return Ok(self.ends.first);
        }
        while low < high {
            let middle = low.midpoint(high);
            let at = Position::new(self.partition, Offset(middle));
            let label = Label::of(&self.topic.record(at).await?, self.topic.topic.as_str())?;
            if label.sequence < self.from {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(Offset(low))
    }

    async fn read(&self, begin: Offset, outbox: &mpsc::Sender<Batch>) -> Result<(), StreamError> {
        let end = (self.until == Until::End).then_some(self.ends.next);
        if end.is_some_and(|end| begin >= end) {
            return Ok(());
        }
        let LogTopic { log, topic } = &self.topic;
        let mut reader = log.read(topic, self.partition, begin).await?;
        let mut seen = None;
        loop {
            let records = next(reader.as_mut()).await?;
            let ended = records.last().map(|record| record.position.offset.next()) >= end;
            let entries = self.entries(&records, end, &mut seen)?;
            if !entries.is_empty() && outbox.send(Ok(entries)).await.is_err() {
                return Ok(());
            }
            if ended && end.is_some() {
                return Ok(());
            }
        }
    }

    /// The entries of some records, without those that came before.
    fn entries(
        &self,
        records: &[Record],
        end: Option<Offset>,
        seen: &mut Option<Sequence>,
    ) -> Result<Vec<Entry>, StreamError> {
        let topic = self.topic.topic.as_str();
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            if end.is_some_and(|end| record.position.offset >= end) {
                break;
            }
            let place = || format!("{topic}, record {},", record.position);
            let label = Label::of(record, topic)?;
            if label.archive != self.archive {
                let (found, expected) = (label.archive, self.archive);
                return Err(StreamError::OtherArchive { place: place(), found, expected });
            }
            let repeated = seen.is_some_and(|seen| label.sequence <= seen);
            if !repeated {
                *seen = Some(label.sequence);
            }
            if !repeated && label.sequence >= self.from {
                entries.push(parse_entry(label, &record.payload, place)?);
            }
        }
        Ok(entries)
    }
}

/// Reads on, as long as it takes.
pub(crate) async fn next(reader: &mut dyn LogReader) -> Result<Vec<Record>, StreamError> {
    let mut waits = lane::waits();
    loop {
        match reader.next(READ_LIMIT).await {
            Err(error) if error.is_retryable() => {
                tracing::warn!(%error, "a read failed; tries again");
                sleep(waits.next_backoff().unwrap_or(TAIL_POLL)).await;
            }
            answer => return Ok(answer?),
        }
    }
}

/// A Redis stream from entry `from` on, to `last` where it has an end.
pub(super) struct RedisReading {
    pub(super) stream: RedisStream,
    pub(super) archive: ArchiveId,
    pub(super) from: Sequence,
    pub(super) last: Option<Sequence>,
}

impl RedisReading {
    pub(super) fn start(mut self) -> mpsc::Receiver<Batch> {
        let (outbox, inbox) = mpsc::channel(BATCHES_AHEAD_MAX);
        tokio::spawn(async move {
            if let Err(error) = self.read(&outbox).await {
                // The reader may have gone.
                let _ = outbox.send(Err(error)).await;
            }
        });
        inbox
    }

    async fn read(&mut self, outbox: &mpsc::Sender<Batch>) -> Result<(), StreamError> {
        let mut waits = lane::waits();
        loop {
            if self.last.is_some_and(|last| self.from > last) || outbox.is_closed() {
                return Ok(());
            }
            let found = match self.stream.entries(self.from, READ_LIMIT.records).await {
                Err(error) if error.is_retryable() => {
                    tracing::warn!(%error, "a read failed; tries again");
                    sleep(waits.next_backoff().unwrap_or(TAIL_POLL)).await;
                    continue;
                }
                found => found?,
            };
            backoff::backoff::Backoff::reset(&mut waits);
            let Some((last, _)) = found.last() else {
                if self.last.is_some() {
                    // It was there when the stream was opened: it was taken away since.
                    return Ok(());
                }
                sleep(TAIL_POLL).await;
                continue;
            };
            let next = last.sequence.next();
            let entries = self.entries(found)?;
            if !entries.is_empty() && outbox.send(Ok(entries)).await.is_err() {
                return Ok(());
            }
            self.from = next;
        }
    }

    fn entries(&self, found: Vec<(Label, Entry)>) -> Result<Vec<Entry>, StreamError> {
        let mut entries = Vec::with_capacity(found.len());
        for (label, entry) in found {
            if label.archive != self.archive {
                let (found, expected) = (label.archive, self.archive);
                let place = format!("{}, entry {}-0", self.stream.place(), label.sequence);
                return Err(StreamError::OtherArchive { place, found, expected });
            }
            if self.last.is_none_or(|last| label.sequence <= last) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}
