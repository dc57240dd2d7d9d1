//! Reading one lane of a stream ahead of who wants its entries.

use backoff::backoff::Backoff as _;
use event_log::{BatchLimit, Ends, Record};
use order_domain::{Offset, Partition, Position};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use traffic_archive::{ArchiveId, Entry, Sequence};

use super::log::LogTopic;
use super::record::{Label, parse_entry};
use super::redis::{Found, RedisStream};
use super::{StreamError, WrittenRecords, lane};

/// What one read returns at most.
const READ_LIMIT: BatchLimit = BatchLimit { records: 256, bytes: 1 << 20 };

/// Batches that wait for the merge, of each lane.
const BATCHES_AHEAD_MAX: usize = 2;

/// Entries of one lane, in order.
pub(super) type Batch = Result<Vec<Entry>, StreamError>;

/// A partition from entry `from` on.
pub(super) struct PartitionReading {
    pub(super) topic: LogTopic,
    pub(super) partition: Partition,
    pub(super) archive: ArchiveId,
    pub(super) ends: Ends,
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
        let offsets = begin..self.ends.next;
        let mut written = WrittenRecords::open(&self.topic, self.partition, offsets).await?;
        let mut seen = None;
        loop {
            let records = written.next(READ_LIMIT).await?;
            if records.is_empty() {
                return Ok(());
            }
            let entries = self.entries(&records, &mut seen)?;
            if !entries.is_empty() && outbox.send(Ok(entries)).await.is_err() {
                return Ok(());
            }
        }
    }

    /// The entries of some records, without those that came before.
    fn entries(
        &self,
        records: &[Record],
        seen: &mut Option<Sequence>,
    ) -> Result<Vec<Entry>, StreamError> {
        let topic = self.topic.topic.as_str();
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
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

/// A Redis stream from entry `from` on, to `last`.
pub(super) struct RedisReading {
    pub(super) stream: RedisStream,
    pub(super) archive: ArchiveId,
    pub(super) from: Sequence,
    pub(super) last: Sequence,
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
        loop {
            if self.from > self.last || outbox.is_closed() {
                return Ok(());
            }
            let found = self.next().await?;
            // What was there when the stream was opened may have been taken away since.
            let Some((last, _)) = found.last() else { return Ok(()) };
            let next = last.sequence.next();
            let entries = self.entries(found)?;
            if !entries.is_empty() && outbox.send(Ok(entries)).await.is_err() {
                return Ok(());
            }
            self.from = next;
        }
    }

    /// Those that Redis has now; one that is away is waited for as long as there is patience.
    async fn next(&mut self) -> Result<Vec<Found>, StreamError> {
        let (begun, mut waits) = (Instant::now(), lane::waits());
        loop {
            match self.stream.entries(self.from, READ_LIMIT.records).await {
                Err(error) if error.is_retryable() && begun.elapsed() < self.stream.patience => {
                    tracing::warn!(%error, "a read failed; tries again");
                    sleep(waits.next_backoff().unwrap_or(lane::WAIT_MAX)).await;
                }
                found => return found,
            }
        }
    }

    fn entries(&self, found: Vec<Found>) -> Result<Vec<Entry>, StreamError> {
        let mut entries = Vec::with_capacity(found.len());
        for (label, entry) in found {
            if label.archive != self.archive {
                let (found, expected) = (label.archive, self.archive);
                let place = format!("{}, entry {}-0", self.stream.place(), label.sequence);
                return Err(StreamError::OtherArchive { place, found, expected });
            }
            if label.sequence <= self.last {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}
