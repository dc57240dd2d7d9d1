//! The program `query-api`, from settings to shutdown.

use std::io;

use order_store::StoreError;
use service_kit::config::{ConfigError, Settings};
use service_kit::front_door::front_door;
use service_kit::health::Health;
use service_kit::{server, telemetry};
use tokio_util::sync::CancellationToken;

use crate::api::{QueryApi, openapi};

/// Where the program listens unless it is told otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8002";

/// Why the program could not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration can't work.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address can't be listened on.
    #[error(transparent)]
    Listen(#[from] io::Error),
}

/// Answers HTTP out of the configured store until `shutdown`, then finishes what it has begun.
pub async fn run(settings: &Settings, shutdown: CancellationToken) -> Result<(), RunError> {
    let common = settings.common();
    let metrics = telemetry::start(&common.telemetry)?;
    let store = order_store::open(&common.store).await?;
    let api = QueryApi::of_settings(settings, store.queries, store.trading)?;
    let health = Health::default();
    api.register_checks(&health);
    let router = front_door(api.router(), vec![openapi()], &health, &metrics);
    let listener = server::bind(&common.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "query-api answers HTTP");
    server::serve(listener, router, &common.http, shutdown).await;
    Ok(())
}
