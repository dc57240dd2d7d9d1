//! Commands in, decisions out: one worker a partition.
//!
//! 1. [`restore`]: the newest snapshot, then every decision published since;
//! 2. [`batch`]: decide a batch of commands;
//! 3. [`publish`]: dead letters first, then the decisions, in order;
//! 4. [`snapshots`]: from time to time, keep the state;
//! 5. [`live`]: between two batches, tell whoever asks what the engine came to.
//!
//! Whenever it is unsure what the log holds (an append failed, or another engine has written), the
//! worker throws its state away and restores: the log knows.

mod batch;
pub mod live;
mod publish;
pub mod restore;
pub mod snapshots;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use event_log::topics::ORDERS;
use event_log::{EventLog, LogError, LogReader};
use order_domain::Partition;
use order_engine::EngineSettings;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use crate::EngineRoleSettings;
use crate::dead_letters::{DeadLetterLimit, LimitReached};
use crate::partitions::Worker;
use crate::patience::Patience;
use crate::status::{Role, Status, WorkerState};
use live::{LiveEngines, Questions};
use publish::PublishError;
use restore::{RestoreError, Restored};
use snapshots::Snapshots;

/// The consumer group of all engines.
pub const GROUP: &str = "seriatim-engine";

/// Decides the commands of whatever partition it is given.
pub struct EngineWorker {
    log: Arc<dyn EventLog>,
    snapshots: Snapshots,
    settings: EngineRoleSettings,
    status: Status,
    live: LiveEngines,
}

/// Why a run over the log ended before it was told to.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error("another engine writes to this partition")]
    Deposed,
    #[error(transparent)]
    LimitReached(#[from] LimitReached),
}

impl RunError {
    /// Whether a person must help.
    const fn is_final(&self) -> bool {
        match self {
            Self::Log(error) | Self::Restore(RestoreError::Log(error)) => {
                matches!(
                    error,
                    LogError::Corrupt(_) | LogError::Configuration(_) | LogError::OutOfRange { .. }
                )
            }
            Self::Restore(
                RestoreError::HistoryGone { .. }
                | RestoreError::Unreadable { .. }
                | RestoreError::OtherOrders { .. },
            )
            | Self::LimitReached(_) => true,
            Self::Deposed => false,
        }
    }
}

impl From<PublishError> for RunError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Log(error) => Self::Log(error),
            PublishError::Deposed => Self::Deposed,
        }
    }
}

impl EngineWorker {
    /// A worker that decides what `log` holds, keeps snapshots in `snapshots`, and can be asked
    /// through `live`.
    pub fn new(
        log: Arc<dyn EventLog>,
        snapshots: Snapshots,
        settings: EngineRoleSettings,
        status: Status,
        live: LiveEngines,
    ) -> Self {
        Self { log, snapshots, settings, status, live }
    }

    fn engine_settings(&self) -> EngineSettings {
        self.settings.engine()
    }

    fn set(&self, partition: Partition, state: WorkerState) {
        self.status.set(Role::Engine, partition, state);
    }
}

#[async_trait]
impl Worker for EngineWorker {
    async fn work(&self, partition: Partition, stop: CancellationToken) {
        let mut patience = Patience::new();
        let mut limit = DeadLetterLimit::new(self.settings.dead_letters);
        while !stop.is_cancelled() {
            self.set(partition, WorkerState::Starting);
            let Err(error) = self.run(partition, &mut limit, &mut patience, &stop).await else {
                break;
            };
            if error.is_final() {
                error!(%partition, %error, "the engine has stopped");
                self.set(partition, WorkerState::Stopped(error.to_string()));
                stop.cancelled().await;
                break;
            }
            warn!(%partition, %error, "the engine restores its state and tries again");
            self.set(partition, WorkerState::Waiting(error.to_string()));
            tokio::select! {
                () = stop.cancelled() => {}
                () = patience.wait() => {}
            }
        }
        self.status.remove(Role::Engine, partition);
    }

    fn panicked(&self, partition: Partition) {
        let why = "it panicked; the log of this program says where".to_owned();
        self.set(partition, WorkerState::Waiting(why));
    }
}

impl EngineWorker {
    /// Restores and decides until `stop` or an error.
    async fn run(
        &self,
        partition: Partition,
        limit: &mut DeadLetterLimit,
        patience: &mut Patience,
        stop: &CancellationToken,
    ) -> Result<(), RunError> {
        let restored =
            restore::restore(self.log.as_ref(), &self.snapshots, partition, self.engine_settings());
        let mut state = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            restored = restored => restored?,
        };
        debug!(%partition, next_source = %state.engine.next_source(), "the engine has its state");
        let mut reader = self.log.read(&ORDERS, partition, state.engine.next_source()).await?;
        let mut kept =
            KeptSnapshot { next_source: state.engine.next_source().0, at: Instant::now() };
        let mut questions = self.live.register(partition);
        self.set(partition, WorkerState::Running);
        self.status.set_next(Role::Engine, partition, state.engine.next_source());
        loop {
            let more = self.step(&mut state, reader.as_mut(), &mut questions, limit, stop).await?;
            patience.reset();
            if !more || self.is_due(&kept, &state) {
                self.keep_snapshot(&state, &mut kept).await;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Decides and publishes one batch, and answers questions until it comes; `false` when told to
    /// stop.
    async fn step(
        &self,
        state: &mut Restored,
        reader: &mut dyn LogReader,
        questions: &mut Questions,
        limit: &mut DeadLetterLimit,
        stop: &CancellationToken,
    ) -> Result<bool, RunError> {
        // One read for all questions: they must not make it begin again and again.
        let mut reading = reader.next(self.settings.batch());
        let records = loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(false),
                records = &mut reading => break records?,
                Some(question) = questions.next() => questions.answer(question, &state.engine),
            }
        };
        let count = records.len();
        let decided = batch::decide(&mut state.engine, records);
        for _ in &decided.dead_letters {
            limit.dead_letter()?;
        }
        limit.handled(count - decided.dead_letters.len());
        metrics::counter!("seriatim_dead_letters_total", "topic" => "orders-dlt")
            .increment(decided.dead_letters.len() as u64);
        let partition = state.engine.partition();
        state.events_next =
            publish::publish(self.log.as_ref(), partition, state.events_next, decided).await?;
        metrics::counter!("seriatim_decisions_total").increment(count as u64);
        self.status.set_next(Role::Engine, partition, state.engine.next_source());
        debug!(%partition, count, "decided");
        Ok(true)
    }

    fn is_due(&self, kept: &KeptSnapshot, state: &Restored) -> bool {
        let commands = state.engine.next_source().0 - kept.next_source;
        let waited = kept.at.elapsed() >= self.settings.snapshot_every;
        commands >= self.settings.snapshot_every_commands || (waited && commands > 0)
    }

    /// A snapshot only saves time: failing to keep one is reported and no more.
    async fn keep_snapshot(&self, state: &Restored, kept: &mut KeptSnapshot) {
        if state.engine.next_source().0 == kept.next_source {
            return;
        }
        let partition = state.engine.partition();
        match self.snapshots.keep(partition, state.events_next, state.engine.snapshot()).await {
            Ok(()) => debug!(%partition, events_next = %state.events_next, "kept a snapshot"),
            Err(error) => warn!(%partition, %error, "could not keep a snapshot"),
        }
        *kept = KeptSnapshot { next_source: state.engine.next_source().0, at: Instant::now() };
    }
}

/// When the last snapshot was kept.
struct KeptSnapshot {
    next_source: u64,
    at: Instant,
}
