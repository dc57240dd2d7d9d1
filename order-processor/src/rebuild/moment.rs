//! Where a generation is, and what waits in it.

use std::collections::BTreeMap;

use event_log::Topic;
use event_log::topics::ORDER_EVENTS;
use order_domain::{Offset, Partition};
use order_store::content::ContentView;
use order_store::{Checkpoint, OrderStore, ParkedSubject, StoreError, StreamId};

use super::patient::patiently;
use crate::ProjectorSettings;
use crate::projector::refill::{Waiting, stream_of};

/// The checkpoints and parked orders of one moment.
pub(super) struct Moment {
    checkpoints: BTreeMap<StreamId, Checkpoint>,
    parked: Vec<ParkedSubject>,
}

/// This moment of `store`, and a view of it.
pub(super) async fn of(store: &OrderStore) -> Result<(Moment, ContentView), StoreError> {
    patiently(async || read(store).await).await
}

async fn read(store: &OrderStore) -> Result<(Moment, ContentView), StoreError> {
    let mut view = store.content.view().await?;
    Ok((Moment::of(&mut view).await?, view))
}

impl Moment {
    async fn of(view: &mut ContentView) -> Result<Self, StoreError> {
        let checkpoints = view.checkpoints().await?;
        let parked = view.parked().await?;
        Ok(Self { checkpoints, parked })
    }

    /// Whether another store, of which this is a view, has come as far in these partitions.
    pub(super) async fn is_reached_by(
        &self,
        view: &mut ContentView,
        mut partitions: impl Iterator<Item = Partition>,
    ) -> Result<bool, StoreError> {
        let other = Self::of(view).await?;
        Ok(partitions.all(|partition| other.next(partition) >= self.next(partition)))
    }

    /// The first event of a partition that is not projected.
    pub(super) fn next(&self, partition: Partition) -> Offset {
        self.checkpoint(&ORDER_EVENTS, partition).next
    }

    fn checkpoint(&self, topic: &Topic, partition: Partition) -> Checkpoint {
        self.checkpoints.get(&stream_of(topic, partition)).copied().unwrap_or_default()
    }

    /// How many orders wait for a retry or for a person.
    pub(super) fn parked_orders(&self) -> usize {
        self.parked.len()
    }

    /// What waits of a partition.
    pub(super) fn waiting(&self, partition: Partition, settings: &ProjectorSettings) -> Waiting {
        let of_partition = self.parked.iter().filter(|subject| subject.partition == partition);
        let retries = settings.retry_tiers().map(|(topic, _)| {
            let checkpoint = self.checkpoint(&topic, partition);
            (topic, checkpoint)
        });
        Waiting {
            parked: of_partition.map(|subject| (subject.order_id, subject.clone())).collect(),
            retries: retries.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use order_store::{CheckpointMove, ProjectionBatch};

    use super::*;

    async fn at(folder: &std::path::Path, next: u64) -> OrderStore {
        let url = format!("sqlite:{}/{next}.sqlite", folder.display());
        let store = order_store::open(&url).await.unwrap();
        store.projections.migrate().await.unwrap();
        let to = Checkpoint { next: Offset(next), ..Checkpoint::default() };
        let stream = stream_of(&ORDER_EVENTS, Partition(1));
        let moves = vec![CheckpointMove { stream, from: Checkpoint::default(), to }];
        let batch = ProjectionBatch { moves, ..ProjectionBatch::default() };
        store.projections.apply(&batch).await.unwrap();
        store
    }

    #[tokio::test]
    async fn a_store_that_has_lost_something_has_not_come_as_far() {
        let folder = tempfile::tempdir().unwrap();
        let (three, two) = (at(folder.path(), 3).await, at(folder.path(), 2).await);
        let (moment, mut same) = of(&three).await.unwrap();
        let mut less = two.content.view().await.unwrap();
        let partitions = || (0..4).map(Partition);
        assert!(moment.is_reached_by(&mut same, partitions()).await.unwrap());
        assert!(!moment.is_reached_by(&mut less, partitions()).await.unwrap());
        let empty = folder.path().join("empty.sqlite");
        std::fs::write(&empty, "").unwrap();
        let url = format!("sqlite:{}", empty.display());
        let mut nothing = order_store::open(&url).await.unwrap().content.view().await.unwrap();
        assert!(
            moment.is_reached_by(&mut nothing, partitions()).await.is_err(),
            "it has no tables"
        );
    }
}
