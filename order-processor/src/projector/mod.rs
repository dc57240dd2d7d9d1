//! Decisions in, SQL rows out: one worker a partition.
//!
//! A worker reads `order-events` and, for events that could not be projected, the retry topics:
//!
//! - [`batch`]: what a record says, and which orders it is about;
//! - [`live`]: project a batch of `order-events`; find the record that the store refuses;
//! - [`resume`]: make sure that the log is the one that the store was filled from;
//! - [`refill`]: fill another store from the beginning, up to where this one is;
//! - [`retry`]: try a record of a retry topic again when its delay has passed;
//! - [`parking`]: which orders wait, and where;
//! - [`set_aside`]: append a record to the next retry topic, or to the dead letters;
//! - [`writing`]: write to the store, and wait for it in place while it is away.
//!
//! A record is set aside in the log before the checkpoint moves past it. A crash in between sets it
//! aside twice, which is harmless: a row is only overwritten by a newer source position.
//!
//! What is parked is known in memory, too, as of the last transaction. Whoever parks or frees an order
//! therefore makes sure, in the same transaction, that no other projector has moved *any* stream of
//! the partition meanwhile: else that one may have parked what this one never frees.

mod batch;
mod live;
mod parking;
pub(crate) mod refill;
mod resume;
mod retry;
mod set_aside;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use event_log::topics::ORDER_EVENTS;
use event_log::{EventLog, LogError, LogReader};
use order_domain::Partition;
use order_store::{Checkpoint, CheckpointMove, ProjectionStore, StoreError, StreamId};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::dead_letters::{DeadLetterLimit, LimitReached};
use crate::runs::{self, Course, Run, needs_a_person};
use crate::status::{Role, Status, WorkerState};
use crate::{Clock, DeadLetterLimitSettings, ProjectorSettings};
use parking::Parking;
use resume::{ResumeError, resume};
use retry::RetryStreams;
use set_aside::SetAside;
use writing::Writer;

/// The consumer group of all projectors.
pub const GROUP: &str = "seriatim-projector";

/// After how long without a record a projector looks whether its checkpoint still stands.
const CHECKPOINT_LOOKED_AFTER: Duration = Duration::from_secs(5);

/// Projects the decisions of whatever partition it is given.
pub struct ProjectorWorker {
    log: Arc<dyn EventLog>,
    store: Arc<dyn ProjectionStore>,
    settings: ProjectorSettings,
    status: Status,
    /// The store has lost its schema, or never had it: make it before the next run.
    schema_is_doubtful: AtomicBool,
    clock: Clock,
}

/// Why a run over the log ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    OtherLog(ResumeError),
    #[error(transparent)]
    LimitReached(#[from] LimitReached),
    /// Not an error: the worker was told to stop while it waited for the store.
    #[error("stopped")]
    Interrupted,
}

impl From<PrepareError> for RunError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Log(error) => Self::Log(error),
            PrepareError::Store(error) => Self::Store(error),
        }
    }
}

impl From<ResumeError> for RunError {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::Log(error) => Self::Log(error),
            other @ ResumeError::OtherLog { .. } => Self::OtherLog(other),
        }
    }
}

impl runs::RunError for RunError {
    fn is_final(&self) -> bool {
        match self {
            Self::Log(error) => needs_a_person(error),
            Self::OtherLog(_) | Self::LimitReached(_) => true,
            // Somebody mends the database; the log keeps everything meanwhile.
            Self::Store(_) | Self::Interrupted => false,
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Log(error) => runs::without_cause(error.summary()),
            Self::Store(error @ StoreError::CheckpointMoved(_)) => error.to_string(),
            Self::Store(error) => runs::without_cause(error.summary()),
            Self::OtherLog(_) | Self::LimitReached(_) | Self::Interrupted => self.to_string(),
        }
    }
}

impl ProjectorWorker {
    /// A worker that projects what `log` holds into `store`.
    pub fn new(
        log: Arc<dyn EventLog>,
        store: Arc<dyn ProjectionStore>,
        settings: ProjectorSettings,
        status: Status,
    ) -> Self {
        let schema_is_doubtful = AtomicBool::new(false);
        Self { log, store, settings, status, schema_is_doubtful, clock: Clock::System }
    }

    /// The same worker with another time.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }
}

#[async_trait]
impl Run for ProjectorWorker {
    const ROLE: Role = Role::Projector;
    type Error = RunError;

    fn status(&self) -> &Status {
        &self.status
    }

    fn clock(&self) -> Clock {
        self.clock
    }

    fn dead_letters(&self) -> DeadLetterLimitSettings {
        self.settings.dead_letters
    }

    async fn run(
        &self,
        partition: Partition,
        course: &mut Course,
        stop: &CancellationToken,
    ) -> Result<(), RunError> {
        let done = self.project(partition, course, stop).await;
        if let Err(RunError::Store(StoreError::Configuration(_))) = done {
            self.schema_is_doubtful.store(true, Ordering::Relaxed);
        }
        done
    }
}

impl ProjectorWorker {
    /// Projects until `stop` or an error.
    async fn project(
        &self,
        partition: Partition,
        course: &mut Course,
        stop: &CancellationToken,
    ) -> Result<(), RunError> {
        let Course { limit, patience } = course;
        let begun = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            begun = self.begin(partition, limit, stop) => begun?,
        };
        let Begun { mut projection, mut reader, mut retries } = begun;
        self.status.set(Role::Projector, partition, WorkerState::Running);
        self.status.set_next(Role::Projector, partition, projection.checkpoint.next);
        // Told to stop in the middle of something, it begins nothing more.
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                due = retries.due() => projection.try_again(due?, &mut retries).await?,
                records = reader.next(self.settings.batch()) => projection.project(records?).await?,
                () = tokio::time::sleep(CHECKPOINT_LOOKED_AFTER) => self.look_after(&projection).await?,
            }
            patience.reset();
            self.status.set_next(Role::Projector, partition, projection.checkpoint.next);
        }
        Ok(())
    }

    /// Makes sure, while nothing comes in, that the store still is where it was left: somebody may have
    /// emptied or replaced it, and it is to be filled again.
    async fn look_after(&self, projection: &Projection<'_>) -> Result<(), RunError> {
        match self.store.checkpoint(&projection.stream).await {
            Ok(stored) if stored == projection.checkpoint => Ok(()),
            Ok(_) => Err(StoreError::CheckpointMoved(projection.stream.clone()).into()),
            Err(error) if error.is_retryable() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads from the store where the projection stands, and begins to read the log there.
    async fn begin<'a>(
        &self,
        partition: Partition,
        limit: &'a mut DeadLetterLimit,
        stop: &CancellationToken,
    ) -> Result<Begun<'a>, RunError> {
        if self.schema_is_doubtful.swap(false, Ordering::Relaxed) {
            prepare_store(self.log.as_ref(), self.store.as_ref()).await?;
        }
        let (log, store, clock) = (&self.log, &self.store, self.clock);
        let stream = StreamId { topic: ORDER_EVENTS.as_str().to_owned(), partition };
        let checkpoint = store.checkpoint(&stream).await?;
        debug!(%partition, next = %checkpoint.next, "the projector has its checkpoint");
        let reader = resume(log.as_ref(), &ORDER_EVENTS, partition, checkpoint).await?;
        let retries =
            RetryStreams::open(log.as_ref(), store.as_ref(), partition, &self.settings, clock)
                .await?;
        // After every checkpoint: what another projector parks from now on moves one of them.
        let parking = Parking::new(store.parked(partition).await?);
        let projection = Projection {
            partition,
            stream,
            checkpoint,
            retries: retries.stay(),
            parking,
            set_aside: SetAside::new(log.clone(), partition, &self.settings, clock),
            writer: Writer::new(store.clone(), partition, self.status.clone(), stop.clone(), clock),
            limit,
        };
        projection.report_parked();
        Ok(Begun { projection, reader, retries })
    }
}

/// Why a store is not ready to be filled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings the store's schema up to date, and tells it what its readers can't know: how many partitions
/// there are. The topics must exist.
pub(crate) async fn prepare_store(
    log: &dyn EventLog,
    store: &dyn ProjectionStore,
) -> Result<(), PrepareError> {
    store.migrate().await?;
    let partitions = log.partition_count(&ORDER_EVENTS).await?;
    Ok(store.set_partitions(ORDER_EVENTS.as_str(), partitions).await?)
}

/// What a run begins with.
struct Begun<'a> {
    projection: Projection<'a>,
    reader: Box<dyn LogReader>,
    retries: RetryStreams,
}

/// Where one partition's projection stands.
struct Projection<'a> {
    partition: Partition,
    stream: StreamId,
    checkpoint: Checkpoint,
    /// Leaves every retry topic where it is.
    retries: Vec<CheckpointMove>,
    parking: Parking,
    set_aside: SetAside,
    writer: Writer,
    limit: &'a mut DeadLetterLimit,
}
