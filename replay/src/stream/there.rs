//! What a stream holds already, found out without writing anything.

use event_log::{LogError, partition_of_key};
use futures_util::future::try_join_all;
use order_domain::Partition;
use traffic_archive::{ArchiveId, Line, Sequence};

use super::lane::Lane as _;
use super::log::{LogTopic, PartitionLane};
use super::redis::RedisLane;
use super::{StreamAddress, StreamError};

/// What a stream has of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct There {
    /// The last entry of each lane; no lanes where there is no stream yet.
    lanes: Vec<Option<Sequence>>,
    records: u64,
}

impl There {
    /// Looks; nothing is made. Fails where another archive is there.
    pub async fn look(address: &StreamAddress, archive: ArchiveId) -> Result<Self, StreamError> {
        if address.check_exists().is_err() {
            return Ok(Self { lanes: Vec::new(), records: 0 });
        }
        let Some(topic) = LogTopic::open(address).await? else {
            let mut lane = RedisLane::open(address, archive).await?;
            let (lanes, records) = (Vec::from_iter(lane.last().map(Some)), lane.length().await?);
            return Ok(Self { lanes, records });
        };
        let partitions = match topic.log.partition_count(&topic.topic).await {
            Err(LogError::NoSuchTopic(_)) => 0,
            count => count?,
        };
        let lanes = (0..partitions).map(Partition).map(async |partition| {
            let mut lane = PartitionLane::open(topic.clone(), partition, archive).await?;
            Ok::<_, StreamError>((lane.last(), lane.length().await?))
        });
        let lanes = try_join_all(lanes).await?;
        topic.log.close().await;
        let records = lanes.iter().map(|(_, records)| records).sum();
        Ok(Self { lanes: lanes.into_iter().map(|(last, _)| last).collect(), records })
    }

    /// Whether there is such a stream.
    pub fn exists(&self) -> bool {
        !self.lanes.is_empty()
    }

    /// How many records there are, at most.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The last entry that is there. Some before it may be missing.
    pub fn last(&self) -> Option<Sequence> {
        self.lanes.iter().copied().max().flatten()
    }

    /// Whether it holds this entry: what a lane holds is always a beginning of what belongs there.
    pub fn has(&self, line: &Line) -> bool {
        let Ok(lanes @ 1..) = u32::try_from(self.lanes.len()) else { return false };
        let home = partition_of_key(&line.key, lanes).0 as usize;
        self.lanes[home].is_some_and(|last| line.sequence <= last)
    }
}
