//! The whole processor: topics and schema made ready, then both roles, until told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use event_log::topics::{self, ORDER_EVENTS, ORDERS};
use event_log::{EventLog, GroupId, LogError, Retention, Topic};
use order_store::{ProjectionStore, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::engine::live::LiveEngines;
use crate::engine::snapshots::Snapshots;
use crate::engine::{self, EngineWorker};
use crate::partitions::{Worker, follow};
use crate::patience::Patience;
use crate::projector::{self, PrepareError, ProjectorWorker, prepare_store};
use crate::status::{Role, Status};
use crate::{EngineRoleSettings, Member, ProjectorSettings, lag, state};

/// Everything a processor needs.
pub struct Processor {
    /// Where commands come from and decisions go.
    pub log: Arc<dyn EventLog>,
    /// Where rows go.
    pub store: Arc<dyn ProjectionStore>,
    /// Where the engine keeps its snapshots.
    pub snapshots: Snapshots,
    /// This process's name in both consumer groups.
    pub member: Member,
    /// How many partitions the topics get if this process creates them.
    pub partitions: u32,
    /// How long the topics keep records if this process creates them.
    pub retention: Retention,
    /// The `[engine]` section.
    pub engine: EngineRoleSettings,
    /// The `[projector]` section.
    pub projector: ProjectorSettings,
    /// Where the workers tell how they are.
    pub status: Status,
    /// Where the engines are asked what they came to.
    pub engines: LiveEngines,
}

/// Why the processor can't run at all.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// The log can't work like this.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store can't work like this.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A decision has to stand on the partition of its command.
    #[error("topic {topic} has {found} partitions, but {orders} has {expected}", orders = ORDERS)]
    PartitionsDiffer {
        /// The topic that differs.
        topic: Topic,
        /// Its partitions.
        found: u32,
        /// The partitions of `orders`.
        expected: u32,
    },
}

impl Processor {
    /// What this process answers over HTTP: `GET /state`. Works as long as it runs.
    pub fn router(&self) -> Router {
        state::router(self.engines.clone(), self.status.clone())
    }

    /// Runs until `stop`, then finishes what was begun. Waits for a log or a store that is away;
    /// fails only where no waiting helps.
    pub async fn run(self, stop: CancellationToken) -> Result<(), ProcessorError> {
        if let Some(ready) = until(&stop, retrying("the log", || self.make_topics())).await {
            ready?;
        }
        tokio::join!(self.run_engine(stop.clone()), self.run_projector(stop));
        Ok(())
    }

    /// Makes topics and schema ready, once. [`run`](Self::run) does so, too, and as often as it takes.
    pub async fn prepare(&self) -> Result<(), ProcessorError> {
        self.make_topics().await?;
        self.prepare_store().await
    }

    /// Makes the topics that do not exist, and checks that all have equally many partitions.
    async fn make_topics(&self) -> Result<(), ProcessorError> {
        let delays: Vec<Duration> = self.projector.retry_tiers().map(|(_, delay)| delay).collect();
        let specs = topics::flow(self.partitions, self.retention, &delays);
        self.log.create_topics(&specs).await?;
        let expected = self.log.partition_count(&ORDERS).await?;
        for spec in specs {
            let found = self.log.partition_count(&spec.topic).await?;
            if found != expected {
                return Err(ProcessorError::PartitionsDiffer {
                    topic: spec.topic,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }

    async fn run_engine(&self, stop: CancellationToken) {
        let worker = EngineWorker::new(
            self.log.clone(),
            Arc::new(self.snapshots.clone()),
            self.engine.clone(),
            self.status.clone(),
            self.engines.clone(),
        );
        self.run_role(Role::Engine, engine::GROUP, ORDERS, Arc::new(worker), stop).await;
    }

    async fn run_projector(&self, stop: CancellationToken) {
        let prepared = until(&stop, retrying("the store", || self.prepare_store())).await;
        if prepared.is_none() {
            return;
        }
        let worker = ProjectorWorker::new(
            self.log.clone(),
            self.store.clone(),
            self.projector.clone(),
            self.status.clone(),
        );
        self.run_role(Role::Projector, projector::GROUP, ORDER_EVENTS, Arc::new(worker), stop)
            .await;
    }

    async fn prepare_store(&self) -> Result<(), ProcessorError> {
        match prepare_store(self.log.as_ref(), self.store.as_ref()).await {
            Ok(()) => Ok(()),
            Err(PrepareError::Log(error)) => Err(error.into()),
            Err(PrepareError::Store(error)) => Err(error.into()),
        }
    }

    async fn run_role(
        &self,
        role: Role,
        group: &str,
        topic: Topic,
        worker: Arc<dyn Worker>,
        stop: CancellationToken,
    ) {
        self.status.joined(role);
        let group = GroupId(group.to_owned());
        let lag =
            lag::watch(self.log.clone(), role, topic.clone(), self.status.clone(), stop.clone());
        let work = follow(self.log.clone(), group, topic, self.member.id().clone(), worker, stop);
        tokio::join!(lag, work);
    }
}

/// Tries until it succeeds or no further try would help.
async fn retrying<F>(what: &str, attempt: impl Fn() -> F) -> Result<(), ProcessorError>
where
    F: Future<Output = Result<(), ProcessorError>>,
{
    let mut patience = Patience::new();
    loop {
        match attempt().await {
            Err(ProcessorError::Log(error)) if error.is_retryable() => {
                warn!(%error, "waiting for {what}");
            }
            // A store that refuses us (a password, a missing database) may be mended while we wait.
            Err(ProcessorError::Store(error)) => warn!(%error, "waiting for {what}"),
            done => return done,
        }
        patience.wait().await;
    }
}

/// What `work` comes to; `None` when `stop` comes first.
async fn until<T>(stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        () = stop.cancelled() => None,
        done = work => Some(done),
    }
}
