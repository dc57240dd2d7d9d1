//! What the store tells.

use std::collections::BTreeMap;

use event_log::Topic;
use event_log::topics::ORDER_EVENTS;
use order_domain::{Offset, Partition, Timestamp};
use order_store::{OrderStore, RetryTier, StoreError, StreamId};

/// The store at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreLook {
    pub(super) partitions: BTreeMap<Partition, StorePartition>,
}

/// How far one partition is projected, and what is not.
#[derive(Clone, Debug)]
pub(super) struct StorePartition {
    /// The next record of `order-events` to project.
    pub(super) projected: Offset,
    /// The next record of each retry topic to try again.
    pub(super) retries: BTreeMap<Topic, Offset>,
    pub(super) parked: Parked,
}

/// The parked orders of one partition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parked {
    pub(super) count: u64,
    /// Of these, how many wait for a person to mend a dead letter.
    pub(super) behind_dead_letters: u64,
    /// Since when the oldest is parked.
    pub(super) since: Option<Timestamp>,
}

/// Looks at `store`.
pub(super) async fn look(
    store: &OrderStore,
    retry_topics: &[Topic],
) -> Result<StoreLook, StoreError> {
    let topic = ORDER_EVENTS.as_str();
    let partitions = store.queries.partitions(topic).await?.unwrap_or(0);
    let mut look = StoreLook::default();
    for partition in (0..partitions).map(Partition) {
        let next = async |topic: &Topic| {
            let stream = StreamId { topic: topic.as_str().to_owned(), partition };
            Ok::<_, StoreError>(store.projections.checkpoint(&stream).await?.next)
        };
        let projected = next(&ORDER_EVENTS).await?;
        let mut retries = BTreeMap::new();
        for topic in retry_topics {
            retries.insert(topic.clone(), next(topic).await?);
        }
        let mut parked = Parked::default();
        for subject in store.projections.parked(partition).await? {
            parked.count += 1;
            parked.behind_dead_letters += u64::from(subject.tier == RetryTier::Dead);
            parked.since = Some(parked.since.map_or(subject.since, |at| at.min(subject.since)));
        }
        look.partitions.insert(partition, StorePartition { projected, retries, parked });
    }
    Ok(look)
}
