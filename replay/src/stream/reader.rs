//! Reading a stream in the archive's order.

use std::time::Duration;

use futures_util::future::try_join_all;
use order_domain::Partition;
use tokio::time::sleep;
use traffic_archive::{ArchiveId, Entry, Sequence};

use super::entries::{PartitionReading, RedisReading};
use super::log::LogTopic;
use super::merge::Merge;
use super::record::Label;
use super::redis::RedisStream;
use super::{StreamAddress, StreamError};

/// How often an empty stream is looked at again.
const EMPTY_POLL: Duration = Duration::from_millis(200);

/// How far a reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// To where the stream ends when it is opened; an empty one is an error.
    End,
    /// For ever: behind the end it waits for more.
    Forever,
}

/// The entries of a stream in the order of their sequence numbers, without gaps.
///
/// Memory is bounded: each partition is read a little ahead.
pub struct StreamReader {
    archive: ArchiveId,
    last: Option<Sequence>,
    merge: Merge,
}

impl StreamReader {
    /// Begins at entry `from`, inclusive. Earlier ones are not read.
    pub async fn open(
        address: &StreamAddress,
        from: Sequence,
        until: Until,
    ) -> Result<Self, StreamError> {
        address.check_exists()?;
        match address.log() {
            Some((settings, topic)) => {
                let log = event_log::open(&settings).await?;
                Self::open_topic(LogTopic { log, topic }, from, until).await
            }
            None => Self::open_redis(RedisStream::new(address)?, from, until).await,
        }
    }

    async fn open_topic(
        topic: LogTopic,
        from: Sequence,
        until: Until,
    ) -> Result<Self, StreamError> {
        let partitions = topic.log.partition_count(&topic.topic).await?;
        let (ends, archive, last) = loop {
            let ends = (0..partitions).map(|partition| topic.ends(Partition(partition)));
            let ends = try_join_all(ends).await?;
            let tails = (0..).map(Partition).zip(&ends);
            let tails = tails.map(|(partition, ends)| topic.tail(partition, *ends));
            let tails: Vec<_> = try_join_all(tails).await?.into_iter().flatten().collect();
            match one_archive(&tails, &topic)? {
                Some((archive, last)) => break (ends, archive, last),
                None if until == Until::Forever => sleep(EMPTY_POLL).await,
                None => return Err(StreamError::Empty { place: topic.topic.to_string() }),
            }
        };
        let lanes = (0..).map(Partition).zip(ends).map(async |(partition, ends)| {
            let reading =
                PartitionReading { topic: topic.clone(), partition, archive, ends, until, from };
            reading.start().await
        });
        let lanes = try_join_all(lanes).await?;
        let last = (until == Until::End).then_some(last);
        Ok(Self { archive, last, merge: Merge::new(lanes, from) })
    }

    async fn open_redis(
        mut stream: RedisStream,
        from: Sequence,
        until: Until,
    ) -> Result<Self, StreamError> {
        let Label { archive, sequence: last } = loop {
            match stream.tail().await? {
                Some(label) => break label,
                None if until == Until::Forever => sleep(EMPTY_POLL).await,
                None => return Err(StreamError::Empty { place: stream.place() }),
            }
        };
        let last = (until == Until::End).then_some(last);
        let lane = RedisReading { stream, archive, from, last }.start();
        Ok(Self { archive, last, merge: Merge::new(vec![lane], from) })
    }

    /// Which archive the entries are of.
    pub fn archive_id(&self) -> ArchiveId {
        self.archive
    }

    /// The last entry that will come, where the reader has an end.
    pub fn last(&self) -> Option<Sequence> {
        self.last
    }

    /// The next entries, at least one and at most `limit`; `None` at the end and after an error.
    /// Waits for the first only. Cancel safe.
    pub async fn next_batch(&mut self, limit: usize) -> Option<Result<Vec<Entry>, StreamError>> {
        self.merge.next_batch(limit).await
    }
}

/// The archive that all partitions are of, and its last entry in any of them.
fn one_archive(
    tails: &[Label],
    topic: &LogTopic,
) -> Result<Option<(ArchiveId, Sequence)>, StreamError> {
    let Some(first) = tails.first() else { return Ok(None) };
    if let Some(other) = tails.iter().find(|label| label.archive != first.archive) {
        let place = topic.topic.to_string();
        let (found, expected) = (other.archive, first.archive);
        return Err(StreamError::OtherArchive { place, found, expected });
    }
    let last = tails.iter().map(|label| label.sequence).max();
    Ok(last.map(|last| (first.archive, last)))
}
