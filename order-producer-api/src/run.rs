//! This program, from an open log to its end.

use std::sync::Arc;

use anyhow::Context as _;
use event_log::EventLog;
use service_kit::config::Settings;
use service_kit::front_door::front_door;
use service_kit::health::Health;
use service_kit::{server, telemetry};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::ProducerApi;

/// Serves the interface over `log` until `shutdown`, then finishes what was accepted and closes the
/// log.
pub async fn run(
    log: Arc<dyn EventLog>,
    settings: &Settings,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let common = settings.common();
    let metrics = telemetry::start(&common.telemetry)?;
    let health = Health::default();
    let api = ProducerApi::new(log.clone(), settings, shutdown.clone())?;
    api.register_checks(&health);
    let router = front_door(api.router(), vec![ProducerApi::openapi()], &health, &metrics);
    let listener = server::bind(&common.listen).await.context("starting")?;
    info!(listen = %listener.local_addr()?, log = %common.log, "order-producer-api is ready");
    server::serve(listener, router, &common.http, shutdown).await;
    log.close().await;
    Ok(())
}
