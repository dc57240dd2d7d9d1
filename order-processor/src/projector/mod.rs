//! Decisions in, SQL rows out: one worker a partition.
//!
//! A worker reads `order-events` and, for events that could not be projected, the retry topics:
//!
//! - [`batch`]: what a record says, and which orders it is about;
//! - [`live`]: project a batch of `order-events`; find the record that the store refuses;
//! - [`retry`]: try a record of a retry topic again when its delay has passed;
//! - [`parking`]: which orders wait, and where;
//! - [`set_aside`]: append a record to the next retry topic, or to the dead letters;
//! - [`writing`]: write to the store, and wait for it in place while it is away.
//!
//! A record is set aside in the log before the checkpoint moves past it. A crash in between sets it
//! aside twice, which is harmless: a row is only overwritten by a newer source position.

mod batch;
mod live;
mod parking;
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
use order_store::{Checkpoint, ProjectionStore, StoreError, StreamId};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use crate::ProjectorSettings;
use crate::dead_letters::{DeadLetterLimit, LimitReached};
use crate::partitions::Worker;
use crate::patience::Patience;
use crate::status::{Role, Status, WorkerState};
use parking::Parking;
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
}

/// Why a run over the log ended before it was told to.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    LimitReached(#[from] LimitReached),
    /// Not an error: the worker was told to stop while it waited for the store.
    #[error("stopped")]
    Interrupted,
}

impl RunError {
    /// Whether a person must help.
    const fn is_final(&self) -> bool {
        match self {
            Self::Log(error) => matches!(
                error,
                LogError::Corrupt(_) | LogError::Configuration(_) | LogError::OutOfRange { .. }
            ),
            Self::LimitReached(_) => true,
            // Somebody mends the database; the log keeps everything meanwhile.
            Self::Store(_) | Self::Interrupted => false,
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
        Self { log, store, settings, status, schema_is_doubtful: AtomicBool::new(false) }
    }

    fn set(&self, partition: Partition, state: WorkerState) {
        self.status.set(Role::Projector, partition, state);
    }
}

#[async_trait]
impl Worker for ProjectorWorker {
    async fn work(&self, partition: Partition, stop: CancellationToken) {
        let mut patience = Patience::new();
        let mut limit = DeadLetterLimit::new(self.settings.dead_letters);
        while !stop.is_cancelled() {
            self.set(partition, WorkerState::Starting);
            let Err(error) = self.run(partition, &mut limit, &mut patience, &stop).await else {
                break;
            };
            if matches!(error, RunError::Interrupted) {
                break;
            }
            if error.is_final() {
                error!(%partition, %error, "the projector has stopped");
                self.set(partition, WorkerState::Stopped(error.to_string()));
                stop.cancelled().await;
                break;
            }
            if matches!(error, RunError::Store(StoreError::Configuration(_))) {
                self.schema_is_doubtful.store(true, Ordering::Relaxed);
            }
            warn!(%partition, %error, "the projector reads its checkpoint and tries again");
            self.set(partition, WorkerState::Waiting(error.to_string()));
            tokio::select! {
                () = stop.cancelled() => {}
                () = patience.wait() => {}
            }
        }
        self.status.remove(Role::Projector, partition);
    }

    fn panicked(&self, partition: Partition) {
        let why = "it panicked; the log of this program says where".to_owned();
        self.set(partition, WorkerState::Waiting(why));
    }
}

impl ProjectorWorker {
    /// Projects until `stop` or an error.
    async fn run(
        &self,
        partition: Partition,
        limit: &mut DeadLetterLimit,
        patience: &mut Patience,
        stop: &CancellationToken,
    ) -> Result<(), RunError> {
        let begun = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            begun = self.begin(partition, limit, stop) => begun?,
        };
        let Begun { mut projection, mut reader, mut retries } = begun;
        self.set(partition, WorkerState::Running);
        self.status.set_next(Role::Projector, partition, projection.checkpoint.next);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                due = retries.due() => projection.try_again(due?, &mut retries).await?,
                records = reader.next(self.settings.batch()) => projection.project(records?).await?,
                () = tokio::time::sleep(CHECKPOINT_LOOKED_AFTER) => self.look_after(&projection).await?,
            }
            patience.reset();
            self.status.set_next(Role::Projector, partition, projection.checkpoint.next);
        }
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
            self.store.migrate().await?;
        }
        let stream = StreamId { topic: ORDER_EVENTS.as_str().to_owned(), partition };
        let checkpoint = self.store.checkpoint(&stream).await?;
        debug!(%partition, next = %checkpoint.next, "the projector has its checkpoint");
        let projection = Projection {
            partition,
            stream,
            checkpoint,
            parking: Parking::new(self.store.parked(partition).await?),
            set_aside: SetAside::new(self.log.clone(), partition, &self.settings),
            writer: Writer::new(self.store.clone(), partition, self.status.clone(), stop.clone()),
            limit,
        };
        let reader = self.log.read(&ORDER_EVENTS, partition, checkpoint.next).await?;
        let retries =
            RetryStreams::open(self.log.as_ref(), self.store.as_ref(), partition, &self.settings)
                .await?;
        Ok(Begun { projection, reader, retries })
    }
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
    parking: Parking,
    set_aside: SetAside,
    writer: Writer,
    limit: &'a mut DeadLetterLimit,
}
