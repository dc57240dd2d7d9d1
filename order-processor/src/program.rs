//! The program `order-processor`, from settings to shutdown.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use configured_log::OpenError;
use event_log::EventLog;
use order_store::generations::ProjectionGenerations;
use order_store::{OrderStore, ProjectionStore, StoreError};
use service_kit::config::{Common, ConfigError, Settings};
use service_kit::front_door::front_door;
use service_kit::health::{Health, without_cause};
use service_kit::{server, telemetry};
use tokio_util::sync::CancellationToken;

use crate::engine::live::LiveEngines;
use crate::engine::snapshots::Snapshots;
use crate::{
    EngineRoleSettings, Member, Processor, ProcessorError, ProjectorSettings, ReadinessSettings,
    Status, openapi,
};

/// Where the program answers probes, metrics and `GET /state` unless it is told otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8003";

/// Why the program could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration can't work.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The log can't be opened.
    #[error("{0}")]
    Log(#[from] OpenError),
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address can't be listened on, or the data directory not be used.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The processor can't do its work.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
}

/// Decides and projects until `shutdown`, and answers probes and `GET /state` meanwhile.
pub async fn run(settings: &Settings, shutdown: CancellationToken) -> Result<(), RunError> {
    let common = settings.common();
    let metrics = telemetry::start(&common.telemetry)?;
    let log = configured_log::open(common).await?;
    let store = open_store(common).await?.projections;
    let processor = Processor::of_settings(settings, log.clone(), store)?;
    let health = Health::default();
    processor.register_checks(&health, settings)?;
    let router = front_door(processor.router(), vec![openapi()], &health, &metrics);
    let listener = server::bind(&common.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "order-processor answers HTTP");
    let serving = server::serve(listener, router, &common.http, shutdown.clone());
    let processing = async {
        let done = processor.run(shutdown.clone()).await;
        // A processor that can't go on ends the program: whoever runs it sees that.
        shutdown.cancel();
        done
    };
    let (done, ()) = tokio::join!(processing, serving);
    log.close().await;
    Ok(done?)
}

/// Opens the configured store. A URL that names none is the configuration's fault.
pub async fn open_store(common: &Common) -> Result<OrderStore, RunError> {
    order_store::open(&common.store).await.map_err(not_opened)
}

/// The generations of the configured store.
pub(crate) fn open_generations(
    common: &Common,
) -> Result<Arc<dyn ProjectionGenerations>, RunError> {
    order_store::open_generations(&common.store).map_err(not_opened)
}

fn not_opened(error: StoreError) -> RunError {
    match error {
        StoreError::Configuration(cause) => ConfigError::invalid("store", cause).into(),
        error => error.into(),
    }
}

/// The engine's settings, and where its snapshots are.
pub(crate) fn engine_of(settings: &Settings) -> Result<(EngineRoleSettings, PathBuf), ConfigError> {
    let engine: EngineRoleSettings = settings.section("engine")?;
    let snapshots = if engine.snapshot_dir.as_os_str().is_empty() {
        settings.common().data_dir.join("snapshots")
    } else {
        engine.snapshot_dir.clone()
    };
    Ok((engine, snapshots))
}

impl Processor {
    /// The processor that the settings describe.
    pub fn of_settings(
        settings: &Settings,
        log: Arc<dyn EventLog>,
        store: Arc<dyn ProjectionStore>,
    ) -> Result<Self, RunError> {
        let common = settings.common();
        let (engine, snapshots) = engine_of(settings)?;
        let projector: ProjectorSettings = settings.section("projector")?;
        Ok(Self {
            log,
            store,
            snapshots: Snapshots::in_directory(snapshots),
            member: Member::take(&common.data_dir)?,
            partitions: common.topics.partitions.get(),
            retention: configured_log::retention(&common.topics),
            engine,
            projector,
            status: Status::default(),
            engines: LiveEngines::default(),
        })
    }

    /// Registers the checks `log`, `store` and `processor` (its workers run and keep up).
    pub fn register_checks(&self, health: &Health, settings: &Settings) -> Result<(), ConfigError> {
        let log = self.log.clone();
        health.register("log", move || {
            let log = log.clone();
            async move { without_cause(log.check().await, "the log can't be written") }
        });
        let store = self.store.clone();
        health.register("store", move || {
            let store = store.clone();
            async move { without_cause(store.check().await, "the store can't be written") }
        });
        let readiness: ReadinessSettings = settings.section("processor")?;
        let status = self.status.clone();
        health.register("processor", move || {
            let checked = status.check(readiness.ready_lag_records_max);
            async move { checked }
        });
        Ok(())
    }
}
