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
    let checkpoints = view.checkpoints().await?;
    let parked = view.parked().await?;
    Ok((Moment { checkpoints, parked }, view))
}

impl Moment {
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
