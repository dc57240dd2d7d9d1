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

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{EventLog, LogError, LogReader};
use order_domain::Partition;
use order_engine::EngineSettings;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::dead_letters::{DeadLetterLimit, LimitReached};
use crate::one_record::read_before;
use crate::runs::{self, Course, Run, needs_a_person};
use crate::status::{Role, Status, WorkerState};
use crate::{Clock, DeadLetterLimitSettings, EngineRoleSettings};
use live::{LiveEngines, Questions};
use publish::PublishError;
use restore::{RestoreError, Restored};
use snapshots::SnapshotStore;

/// The consumer group of all engines.
pub const GROUP: &str = "seriatim-engine";

/// Decides the commands of whatever partition it is given.
pub struct EngineWorker {
    log: Arc<dyn EventLog>,
    snapshots: Arc<dyn SnapshotStore>,
    settings: EngineRoleSettings,
    status: Status,
    live: LiveEngines,
    clock: Clock,
}

/// Why a run over the log ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Restore(#[from] RestoreError),
    #[error("another engine writes to this partition")]
    Deposed,
    #[error(transparent)]
    LimitReached(#[from] LimitReached),
}

impl runs::RunError for RunError {
    fn is_final(&self) -> bool {
        match self {
            Self::Log(error) | Self::Restore(RestoreError::Log(error)) => needs_a_person(error),
            Self::Restore(
                RestoreError::HistoryGone { .. }
                | RestoreError::Unreadable { .. }
                | RestoreError::OtherOrders { .. },
            )
            | Self::LimitReached(_) => true,
            Self::Deposed => false,
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Log(error) | Self::Restore(RestoreError::Log(error)) => {
                runs::without_cause(error.summary())
            }
            Self::Restore(_) | Self::Deposed | Self::LimitReached(_) => self.to_string(),
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
        snapshots: Arc<dyn SnapshotStore>,
        settings: EngineRoleSettings,
        status: Status,
        live: LiveEngines,
    ) -> Self {
        Self { log, snapshots, settings, status, live, clock: Clock::System }
    }

    /// The same worker with another time.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    fn engine_settings(&self) -> EngineSettings {
        self.settings.engine()
    }
}

#[async_trait]
impl Run for EngineWorker {
    const ROLE: Role = Role::Engine;
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

    /// Restores and decides until `stop` or an error.
    async fn run(
        &self,
        partition: Partition,
        course: &mut Course,
        stop: &CancellationToken,
    ) -> Result<(), RunError> {
        let (log, snapshots) = (self.log.as_ref(), self.snapshots.as_ref());
        let restored = restore::restore(log, snapshots, partition, self.engine_settings());
        let mut state = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            restored = restored => restored?,
        };
        debug!(%partition, next_source = %state.engine.next_source(), "the engine has its state");
        let mut reader = self.log.read(&ORDERS, partition, state.engine.next_source()).await?;
        let mut kept =
            KeptSnapshot { next_source: state.engine.next_source().0, at: Instant::now() };
        let mut questions = self.live.register(partition);
        self.status.set(Role::Engine, partition, WorkerState::Running);
        self.status.set_next(Role::Engine, partition, state.engine.next_source());
        loop {
            let limit = &mut course.limit;
            let more = self.step(&mut state, reader.as_mut(), &mut questions, limit, stop).await?;
            course.patience.reset();
            if !more || self.is_due(&kept, &state) {
                self.keep_snapshot(&state, &mut kept).await;
            }
            if !more {
                return Ok(());
            }
        }
    }
}

impl EngineWorker {
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
        let decided = batch::decide(&mut state.engine, state.events_next, records);
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
        let events_next = state.events_next;
        match self.write_snapshot(state).await {
            Ok(()) => debug!(%partition, %events_next, "kept a snapshot"),
            Err(error) => warn!(%partition, %error, "could not keep a snapshot"),
        }
        *kept = KeptSnapshot { next_source: state.engine.next_source().0, at: Instant::now() };
    }

    async fn write_snapshot(&self, state: &Restored) -> io::Result<()> {
        let (partition, next) = (state.engine.partition(), state.events_next);
        let before = read_before(self.log.as_ref(), &ORDER_EVENTS, partition, next).await;
        let last = before.map_err(io::Error::other)?.map(|record| record.mark());
        self.snapshots.keep(partition, next, last, state.engine.snapshot()).await
    }
}

/// When the last snapshot was kept.
struct KeptSnapshot {
    next_source: u64,
    at: Instant,
}
