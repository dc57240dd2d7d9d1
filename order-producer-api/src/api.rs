//! All dialects behind one router.

use std::sync::Arc;

use axum::Router;
use event_log::EventLog;
use service_kit::config::{ConfigError, Settings};
use service_kit::health::Health;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::settings::shop_shards;
use crate::{Intake, ProducerSettings, purchasing};

/// The HTTP interface for writes, over any log.
#[derive(Clone)]
pub struct ProducerApi {
    intake: Arc<Intake>,
}

impl ProducerApi {
    /// An interface that appends to `log`. The topics must exist. Once `shutdown` is cancelled nobody
    /// waits for outcomes any more, so that every request can be answered in time.
    ///
    /// Install the metrics recorder first, or this interface reports none.
    pub fn new(
        log: Arc<dyn EventLog>,
        settings: &Settings,
        shutdown: CancellationToken,
    ) -> Result<Self, ConfigError> {
        let section = ProducerSettings::read(settings)?;
        let intake = Intake::new(log, shop_shards(settings)?, section, shutdown);
        Ok(Self { intake: Arc::new(intake) })
    }

    /// The routes of all dialects; without fallback, so that it may be merged with other roles.
    pub fn router(&self) -> Router {
        routes().with_state(self.intake.clone()).split_for_parts().0
    }

    /// Describes the routes.
    pub fn openapi() -> OpenApi {
        routes().into_openapi()
    }

    /// Adds what this interface needs to be ready: a log that takes appends.
    pub fn register_checks(&self, health: &Health) {
        let intake = self.intake.clone();
        health.register("log", move || {
            let intake = intake.clone();
            async move { intake.check().await.map_err(|error| error.to_string()) }
        });
    }
}

fn routes() -> OpenApiRouter<Arc<Intake>> {
    purchasing::routes()
}
