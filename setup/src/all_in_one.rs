//! All roles in one process.

use std::io::Write as _;
use std::time::Duration;

use order_processor::{Processor, open_store};
use order_producer_api::ProducerApi;
use query_api::QueryApi;
use service_kit::config::Settings;
use service_kit::front_door::front_door;
use service_kit::health::Health;
use service_kit::{server, telemetry};
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

/// Where the program listens unless it is told otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8000";

/// How long the start waits for topics and schema, so that the first request finds them.
const PREPARE_WAIT: Duration = Duration::from_secs(5);

/// Runs every role until `shutdown`; then first the HTTP server finishes what it accepted, then the
/// processor, then the log.
pub async fn run(settings: &Settings, shutdown: CancellationToken) -> anyhow::Result<()> {
    let common = settings.common();
    let metrics = telemetry::start(&common.telemetry)?;
    let log = configured_log::open(common).await?;
    let store = open_store(common).await?;

    let processor = Processor::of_settings(settings, log.clone(), store.projections)?;
    let producer = ProducerApi::new(log.clone(), settings, shutdown.clone())?;
    let query = QueryApi::of_settings(settings, store.queries, store.trading)?;
    let health = Health::default();
    processor.register_checks(&health, settings)?;
    query.register_checks(&health);
    producer.register_seed_check(&health);
    let roles = producer.router().merge(query.router()).merge(processor.router());
    let router = front_door(roles, documents(), &health, &metrics);

    let listener = server::bind(&common.listen).await?;
    let address = listener.local_addr()?;
    // A log or store that is away does not keep the front door shut: `/readyz` tells, and the
    // processor goes on trying.
    let prepared = match tokio::time::timeout(PREPARE_WAIT, processor.prepare()).await {
        Ok(prepared) => prepared.map_err(|error| error.to_string()),
        Err(_) => Err("the log or the store does not answer".to_owned()),
    };
    let processor_stop = CancellationToken::new();
    let processing = processor.run(processor_stop.clone());
    let processing = tokio::spawn(ending_with(processing, shutdown.clone()));
    let seeded = producer.seed_market().await;
    let prepared = prepared.and(seeded);
    // A closed stdout is no reason not to serve.
    let _ = write!(std::io::stdout(), "{}", crate::banner::text(address, common, &prepared));

    server::serve(listener, router, &common.http, shutdown).await;
    processor_stop.cancel();
    let processed = processing.await;
    log.close().await;
    Ok(processed??)
}

/// What all roles answer over HTTP.
pub fn documents() -> Vec<OpenApi> {
    vec![ProducerApi::openapi(), query_api::openapi(), order_processor::openapi()]
}

/// A processor that can't go on ends the program, too: orders that nobody decides must not be taken.
async fn ending_with<T>(processing: impl Future<Output = T>, shutdown: CancellationToken) -> T {
    let done = processing.await;
    shutdown.cancel();
    done
}
