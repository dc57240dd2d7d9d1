//! Reading one lane of a stream ahead of who wants its entries.

use event_log::{Ends, Record};
use order_domain::{Offset, Partition, Position};
use tokio::sync::mpsc;
use traffic_archive::{ArchiveId, Entry, Sequence};

use super::log::LogTopic;
use super::patience::Patience;
use super::record::{Label, parse_entry};
use super::redis::{Found, RedisStream};
use super::{StreamError, WrittenRecords};

/// Entries that Redis is asked for at once, at most.
const ANSWER_ENTRIES_MAX: usize = 256;

/// Bytes of bodies that are asked for at once, as far as the entries before tell.
const ANSWER_BYTES: usize = 1 << 20;

/// Batches that wait for the merge, of each lane.
const BATCHES_AHEAD_MAX: usize = 2;

/// Entries of one lane, in order.
pub(super) type Batch = Result<Vec<Entry>, StreamError>;

/// Reads a lane until it ends or fails, or until nobody wants its entries any more.
fn read_ahead<R>(read: impl FnOnce(mpsc::Sender<Batch>) -> R) -> mpsc::Receiver<Batch>
where
    R: Future<Output = Result<(), StreamError>> + Send + 'static,
{
    let (outbox, inbox) = mpsc::channel(BATCHES_AHEAD_MAX);
    let reading = read(outbox.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = outbox.closed() => {}
            ended = reading => if let Err(error) = ended {
                // The reader may have gone.
                let _ = outbox.send(Err(error)).await;
            },
        }
    });
    inbox
}

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
        Ok(read_ahead(|outbox| async move { self.read(begin, &outbox).await }))
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
            let records = written.next().await?;
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

/// How many entries Redis is asked for after an answer of so many with bodies of so many bytes: it can't be
/// told how many bytes are too many. Beginning with one and at most doubled, a few that are large do not
/// come by the hundred.
fn next_count(asked: usize, found: usize, bytes: usize) -> usize {
    let fitting = found.saturating_mul(ANSWER_BYTES) / bytes.max(1);
    fitting.clamp(1, (2 * asked).min(ANSWER_ENTRIES_MAX))
}

/// A Redis stream from entry `from` on, to `last`.
pub(super) struct RedisReading {
    pub(super) stream: RedisStream,
    pub(super) archive: ArchiveId,
    pub(super) from: Sequence,
    pub(super) last: Sequence,
    pub(super) patience: Patience,
}

impl RedisReading {
    pub(super) fn start(mut self) -> mpsc::Receiver<Batch> {
        read_ahead(|outbox| async move { self.read(&outbox).await })
    }

    async fn read(&mut self, outbox: &mpsc::Sender<Batch>) -> Result<(), StreamError> {
        let mut count = 1;
        while self.from <= self.last {
            let what = format!("entry {} in {}", self.from, self.stream.place());
            let Self { stream, from, patience, .. } = self;
            let read =
                patience.wait_for(&what, stream, |stream| Box::pin(stream.entries(*from, count)));
            let found = read.await?;
            // What was there when the stream was opened may have been taken away since.
            let Some((last, _)) = found.last() else { return Ok(()) };
            self.from = last.sequence.next();
            let bodies = found.iter().map(|(_, entry)| entry.exchange.body.bytes().len());
            count = next_count(count, found.len(), bodies.sum());
            let entries = self.entries(found)?;
            if !entries.is_empty() && outbox.send(Ok(entries)).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_is_asked_for_as_many_entries_as_fit() {
        let mut count = 1;
        let mut asked = Vec::new();
        for bytes in
            [0, 900, 900, 900, 900, 900, 900, 900, 900, 8_000, 300_000, 300_000, 40 << 20, 900]
        {
            asked.push(count);
            count = next_count(count, count, count * bytes);
        }
        assert_eq!(asked, [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 131, 3, 3, 1]);
        assert_eq!(count, 2);
    }
}
