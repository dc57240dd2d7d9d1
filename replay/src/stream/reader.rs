//! Reading a stream in the archive's order.

use futures_util::future::try_join_all;
use order_domain::Partition;
use traffic_archive::{ArchiveId, Entry, Sequence};

use super::entries::{PartitionReading, RedisReading};
use super::log::LogTopic;
use super::merge::Merge;
use super::record::Label;
use super::redis::RedisStream;
use super::{StreamAddress, StreamError};

/// The entries of a stream in the order of their sequence numbers, without gaps, to where it ends when it
/// is opened; an empty one is an error. A server that goes away meanwhile is waited for as long as the
/// address has patience.
///
/// Memory is bounded: each partition is read a little ahead.
pub struct StreamReader {
    archive: ArchiveId,
    last: Sequence,
    merge: Merge,
}

impl StreamReader {
    /// Begins at entry `from`, inclusive. Earlier ones are not read.
    pub async fn open(address: &StreamAddress, from: Sequence) -> Result<Self, StreamError> {
        address.check_exists()?;
        match LogTopic::open(address).await? {
            Some(topic) => Self::open_topic(topic, from).await,
            None => Self::open_redis(address, from).await,
        }
    }

    async fn open_topic(topic: LogTopic, from: Sequence) -> Result<Self, StreamError> {
        let partitions = topic.log.partition_count(&topic.topic).await?;
        let ends = (0..partitions).map(|partition| topic.ends(Partition(partition)));
        let ends = try_join_all(ends).await?;
        let tails = (0..).map(Partition).zip(&ends);
        let tails = tails.map(|(partition, ends)| topic.tail(partition, *ends));
        let tails: Vec<_> = try_join_all(tails).await?.into_iter().flatten().collect();
        let Some(Label { archive, sequence: last }) = last_of_all(&tails, &topic)? else {
            return Err(StreamError::Empty { place: topic.topic.to_string() });
        };
        let lanes = (0..).map(Partition).zip(ends).map(async |(partition, ends)| {
            let reading = PartitionReading { topic: topic.clone(), partition, archive, ends, from };
            reading.start().await
        });
        let lanes = try_join_all(lanes).await?;
        Ok(Self { archive, last, merge: Merge::new(lanes, from, last) })
    }

    async fn open_redis(address: &StreamAddress, from: Sequence) -> Result<Self, StreamError> {
        let mut stream = RedisStream::new(address)?;
        let Some(Label { archive, sequence: last }) = stream.tail().await? else {
            return Err(StreamError::Empty { place: stream.place() });
        };
        let patience = address.patience;
        let lane = RedisReading { stream, archive, from, last, patience }.start();
        Ok(Self { archive, last, merge: Merge::new(vec![lane], from, last) })
    }

    /// Which archive the entries are of.
    pub fn archive_id(&self) -> ArchiveId {
        self.archive
    }

    /// The last entry that will come.
    pub fn last(&self) -> Sequence {
        self.last
    }

    /// The next entries, at least one and at most `limit`; `None` at the end and after an error.
    /// Waits for the first only. Cancel safe.
    pub async fn next_batch(&mut self, limit: usize) -> Option<Result<Vec<Entry>, StreamError>> {
        self.merge.next_batch(limit).await
    }
}

/// The last entry in any partition; all must be of one archive.
fn last_of_all(tails: &[Label], topic: &LogTopic) -> Result<Option<Label>, StreamError> {
    let Some(last) = tails.iter().max_by_key(|label| label.sequence) else { return Ok(None) };
    if let Some(other) = tails.iter().find(|label| label.archive != last.archive) {
        let place = topic.topic.to_string();
        let (found, expected) = (other.archive, last.archive);
        return Err(StreamError::OtherArchive { place, found, expected });
    }
    Ok(Some(*last))
}
