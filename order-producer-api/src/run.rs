//! The program `order-producer-api`, from settings to shutdown.

use std::io;
use std::time::Duration;

use configured_log::OpenError;
use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{EventLog, TopicSpec};
use service_kit::config::{Common, ConfigError, Settings};
use service_kit::front_door::front_door;
use service_kit::health::Health;
use service_kit::{server, telemetry};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::ProducerApi;

/// Where the program listens unless it is told otherwise.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8001";

/// How long the start waits for the topics, so that the first order finds them.
const TOPICS_WAIT: Duration = Duration::from_secs(5);

/// Why the program could not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration can't work.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The log can't be opened.
    #[error("{0}")]
    Log(#[from] OpenError),
    /// The address can't be listened on.
    #[error(transparent)]
    Listen(#[from] io::Error),
}

/// Takes orders for the configured log until `shutdown`, then finishes what was accepted.
pub async fn run(settings: &Settings, shutdown: CancellationToken) -> Result<(), RunError> {
    let common = settings.common();
    let metrics = telemetry::start(&common.telemetry)?;
    let log = configured_log::open(common).await?;
    let api = ProducerApi::new(log.clone(), settings, shutdown.clone())?;
    let health = Health::default();
    api.register_checks(&health);
    let router = front_door(api.router(), vec![ProducerApi::openapi()], &health, &metrics);
    let listener = server::bind(&common.listen).await?;
    make_topics(log.as_ref(), common).await;
    if let Err(why) = api.seed_market().await {
        warn!("{why}; it goes on in the background");
    }
    info!(address = %listener.local_addr()?, "order-producer-api answers HTTP");
    server::serve(listener, router, &common.http, shutdown).await;
    log.close().await;
    Ok(())
}

/// Makes the two topics that this program knows, so that it may start before the processor. A log
/// that is away does not keep it from starting: `/readyz` tells, and orders get 503.
async fn make_topics(log: &dyn EventLog, common: &Common) {
    let retention = configured_log::retention(&common.topics);
    let partitions = common.topics.partitions.get();
    let topics = [ORDERS, ORDER_EVENTS].map(|topic| TopicSpec { topic, partitions, retention });
    match tokio::time::timeout(TOPICS_WAIT, log.create_topics(&topics)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the topics are not ready yet"),
        Err(_) => warn!("the topics are not ready yet: the log does not answer"),
    }
}
