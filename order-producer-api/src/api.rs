//! All dialects behind one router.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use event_log::EventLog;
use service_kit::config::{ConfigError, Settings};
use service_kit::health::{Finding, Health, without_cause};
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::settings::{seed, venues};
use crate::trading::seed::{Seed, sow};
use crate::{Intake, ProducerSettings, purchasing, trading};

/// The HTTP interface for writes, over any log.
#[derive(Clone)]
pub struct ProducerApi {
    intake: Arc<Intake>,
    seed: Option<Arc<Seed>>,
    /// Whether all of the seed is on the log.
    sown: Arc<AtomicBool>,
    shutdown: CancellationToken,
}

/// How long the start waits for the seed, so that the first request finds what it brings.
const SEED_WAIT: Duration = Duration::from_secs(5);

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
        let seed = seed(settings)?.map(Arc::new);
        let intake = Intake::new(log, venues(settings)?, section, shutdown.clone());
        Ok(Self { intake: Arc::new(intake), seed, sown: Arc::default(), shutdown })
    }

    /// Gives the market its seed, if one is configured. Waits for a moment until that is done, and goes
    /// on in the background where the log or the engine take longer. The topics must exist, and the engine
    /// should be running. Fails with the reason where the seed is not on the log yet.
    pub async fn seed_market(&self) -> Finding {
        let Some(seed) = self.seed.clone() else { return Ok(()) };
        let (intake, shutdown) = (self.intake.clone(), self.shutdown.clone());
        let sown = self.sown.clone();
        let sowing = tokio::spawn(async move {
            sown.store(sow(&intake, &seed, &shutdown).await, Ordering::Release);
        });
        // It goes on when nobody waits for it any more.
        let _ = tokio::time::timeout(SEED_WAIT, sowing).await;
        whether(&self.sown)
    }

    /// The routes of all dialects; without fallback, so that it may be merged with other roles.
    pub fn router(&self) -> Router {
        routes().with_state(self.intake.clone()).split_for_parts().0
    }

    /// Describes the routes.
    pub fn openapi() -> OpenApi {
        routes().into_openapi()
    }

    /// Adds what this interface needs to be ready: a log that takes appends, and what
    /// [`register_seed_check`](Self::register_seed_check) adds.
    pub fn register_checks(&self, health: &Health) {
        let intake = self.intake.clone();
        health.register("log", move || {
            let intake = intake.clone();
            async move { without_cause(intake.check().await, "the log can't be written") }
        });
        self.register_seed_check(health);
    }

    /// Adds, where a seed is configured, that it is on the log: an order that came before it would name
    /// an account that is not there, and stay refused under its key.
    pub fn register_seed_check(&self, health: &Health) {
        if self.seed.is_none() {
            return;
        }
        let sown = self.sown.clone();
        health.register("seed", move || {
            let finding = whether(&sown);
            async move { finding }
        });
    }
}

/// What is found of a seed.
fn whether(sown: &AtomicBool) -> Finding {
    let sown = sown.load(Ordering::Acquire);
    if sown { Ok(()) } else { Err("the market's seed is not on the log yet".to_owned()) }
}

fn routes() -> OpenApiRouter<Arc<Intake>> {
    purchasing::routes().merge(trading::routes())
}
