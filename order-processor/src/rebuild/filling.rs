//! Filling a generation up to where another one is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use event_log::EventLog;
use event_log::topics::ORDER_EVENTS;
use futures_util::{TryStreamExt as _, stream};
use order_domain::{Offset, Partition};
use order_store::StoreError;
use order_store::content::ContentView;
use order_store::generations::{Generation, GenerationStore};

use super::moment::{self, Moment};
use super::patient::patiently;
use super::telling::Telling;
use super::{Rebuild, RebuildError};
use crate::dead_letters::DeadLetterLimit;
use crate::projector::prepare_store;
use crate::projector::refill::{Refill, stream_of};
use crate::projector::{PrepareError, RunError as ProjectionError};

/// How many partitions are filled at once. Each holds three batches at most: one that is read, one that
/// waits and one that is written.
const PARTITIONS_AT_ONCE: usize = 4;

/// A generation is close to another one when it has at most so many events less: then the rest is filled
/// with all indexes in place.
const CLOSE_EVENTS: u64 = 10_000;

/// How often the other one is gone after at most before it is close: it may be filled as fast.
const ROUNDS_MAX: usize = 20;

/// How often a partition is begun anew at its checkpoint after that was found elsewhere: a server that has
/// crashed may have lost its newest transactions, whole.
const BEGUN_ANEW_MAX: usize = 5;

/// A generation that is being filled.
pub(super) struct Filling<'a> {
    rebuild: &'a Rebuild,
    generation: Generation,
    store: GenerationStore,
    partitions: u32,
    filled: AtomicU64,
    /// Orders that this generation refuses and the other one does not.
    refused: AtomicUsize,
}

impl<'a> Filling<'a> {
    /// Makes the schema ready, and makes sure that the history it lacks is there.
    pub(super) async fn begin(
        rebuild: &'a Rebuild,
        generation: Generation,
        store: GenerationStore,
    ) -> Result<Self, RebuildError> {
        let log: &dyn EventLog = &*rebuild.log;
        let projections = &*store.store.projections;
        let prepared = patiently(async || prepare_store(log, projections).await).await;
        prepared.map_err(|error| match error {
            PrepareError::Log(error) => RebuildError::from(error),
            PrepareError::Store(error) => RebuildError::from(error),
        })?;
        let partitions = log.partition_count(&ORDER_EVENTS).await?;
        let (filled, refused) = Default::default();
        let filling = Self { rebuild, generation, store, partitions, filled, refused };
        filling.check_history().await?;
        Ok(filling)
    }

    async fn check_history(&self) -> Result<(), RebuildError> {
        for partition in self.partitions() {
            let next = self.next(partition).await?;
            let first = self.rebuild.log.ends(&ORDER_EVENTS, partition).await?.first;
            if next < first {
                let generation = self.generation;
                return Err(RebuildError::HistoryGone { partition, first, generation, next });
            }
        }
        Ok(())
    }

    /// Which one.
    pub(super) const fn generation(&self) -> Generation {
        self.generation
    }

    /// How many events this run has projected.
    pub(super) fn filled(&self) -> u64 {
        self.filled.load(Ordering::Relaxed)
    }

    /// How many orders this generation refuses and the other one does not.
    pub(super) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// Fills it until it is close to `other`, without the indexes that only readers need.
    pub(super) async fn load(&self, other: &GenerationStore) -> Result<(), RebuildError> {
        for round in 0..ROUNDS_MAX {
            let (moment, _) = moment::of(&other.store).await?;
            let missing = self.missing(&moment).await?;
            if missing <= CLOSE_EVENTS {
                break;
            }
            if round == 0 {
                patiently(async || self.store.load.begin_load().await).await?;
            }
            self.fill(&moment, missing, BEGUN_ANEW_MAX).await?;
        }
        self.tell().say("making indexes");
        Ok(patiently(async || self.store.load.end_load().await).await?)
    }

    /// Fills it exactly up to `moment` of another generation, whose orders that wait it lets wait, too.
    pub(super) async fn up_to(&self, moment: &Moment) -> Result<(), RebuildError> {
        let missing = self.missing(moment).await?;
        self.fill(moment, missing, BEGUN_ANEW_MAX).await
    }

    /// A view of it, which must have come as far as `moment`: the file, schema or database that was filled may
    /// have been removed or replaced meanwhile.
    pub(super) async fn view_at(&self, moment: &Moment) -> Result<ContentView, RebuildError> {
        let mut view = self.store.store.content.view().await?;
        match moment.is_reached_by(&mut view, self.partitions()).await {
            Ok(true) => Ok(view),
            Ok(false) | Err(StoreError::Configuration(_)) => {
                Err(RebuildError::Lost(self.generation))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// As [`up_to`](Self::up_to), but stops where somebody else has moved a checkpoint.
    pub(super) async fn up_to_unless_taken_over(
        &self,
        moment: &Moment,
    ) -> Result<(), RebuildError> {
        let missing = self.missing(moment).await?;
        self.fill(moment, missing, 0).await
    }

    async fn fill(
        &self,
        moment: &Moment,
        missing: u64,
        begun_anew_max: usize,
    ) -> Result<(), RebuildError> {
        self.tell().begin("projecting events", missing);
        self.refused.store(0, Ordering::Relaxed);
        let partitions = self.partitions().map(Ok::<_, RebuildError>);
        stream::iter(partitions)
            .try_for_each_concurrent(PARTITIONS_AT_ONCE, |partition| async move {
                let mut filled = self.fill_partition(partition, moment).await;
                for _ in 0..begun_anew_max {
                    if !matches!(
                        filled,
                        Err(ProjectionError::Store(StoreError::CheckpointMoved(_)))
                    ) {
                        break;
                    }
                    filled = self.fill_partition(partition, moment).await;
                }
                filled.map_err(|error| match error {
                    ProjectionError::Interrupted => RebuildError::Interrupted,
                    error => RebuildError::Filling { partition, cause: error.to_string() },
                })
            })
            .await
    }

    async fn fill_partition(
        &self,
        partition: Partition,
        moment: &Moment,
    ) -> Result<(), ProjectionError> {
        patiently(async || self.try_to_fill_partition(partition, moment).await).await
    }

    async fn try_to_fill_partition(
        &self,
        partition: Partition,
        moment: &Moment,
    ) -> Result<(), ProjectionError> {
        let Rebuild { log, projector, stop, .. } = self.rebuild;
        let mut limit = DeadLetterLimit::new(projector.dead_letters);
        let store = Arc::clone(&self.store.store.projections);
        let mut refill =
            Refill::begin(log.clone(), store, partition, projector, &mut limit, stop).await?;
        let done = |events| {
            self.filled.fetch_add(events, Ordering::Relaxed);
            self.tell().advance(events);
        };
        refill.up_to(moment.next(partition), &done).await?;
        let refused = refill.settle(&moment.waiting(partition, projector)).await?;
        self.refused.fetch_add(refused.len(), Ordering::Relaxed);
        Ok(())
    }

    /// How many events it lacks of what `moment` has.
    pub(super) async fn missing(&self, moment: &Moment) -> Result<u64, RebuildError> {
        let mut missing = 0;
        for partition in self.partitions() {
            let next = self.next(partition).await?;
            missing += moment.next(partition).0.saturating_sub(next.0);
        }
        Ok(missing)
    }

    async fn next(&self, partition: Partition) -> Result<Offset, RebuildError> {
        let stream = stream_of(&ORDER_EVENTS, partition);
        let projections = &self.store.store.projections;
        let checkpoint = patiently(async || projections.checkpoint(&stream).await).await?;
        Ok(checkpoint.next)
    }

    fn partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.partitions).map(Partition)
    }

    fn tell(&self) -> &Telling {
        &self.rebuild.tell
    }
}
