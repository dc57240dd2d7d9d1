//! The service as a whole: what its handlers share, and its router.

use std::sync::Arc;

use axum::Router;
use order_domain::VenueId;
use order_store::OrderQueries;
use order_store::trading::TradingQueries;
use service_kit::config::{ConfigError, Settings};
use service_kit::health::Health;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::error::QueryError;
use crate::reader::{MarketReader, Reader};
use crate::settings::{QuerySettings, market};
use crate::strong_read::{ProjectionWatch, StrongRead};
use crate::{metrics, purchasing, trading};

/// Answers reads out of a store. Clones share everything.
#[derive(Clone)]
pub struct QueryApi {
    pub(crate) reader: Reader,
    pub(crate) market: Arc<MarketReader>,
    watch: Arc<ProjectionWatch>,
}

impl QueryApi {
    /// A service over both ports of one store, which shows the market `market`.
    pub fn new(
        orders: Arc<dyn OrderQueries>,
        trading: Arc<dyn TradingQueries>,
        market: VenueId,
        settings: &QuerySettings,
    ) -> Self {
        metrics::describe();
        let reader = Reader::new(orders);
        let market = Arc::new(reader.of_market(market, trading));
        let watch = ProjectionWatch::new(reader.clone(), settings.wait_max, settings.waiters_max);
        Self { reader, market, watch }
    }

    /// A service over both ports of one store, as the sections `[query]` and `[trading]` of
    /// `settings` have it.
    pub fn of_settings(
        settings: &Settings,
        orders: Arc<dyn OrderQueries>,
        trading: Arc<dyn TradingQueries>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(orders, trading, market(settings)?, &QuerySettings::of(settings)?))
    }

    /// The paths of every dialect, without a fallback: put it behind
    /// [`front_door`](service_kit::front_door::front_door). Runs inside a tokio runtime.
    pub fn router(&self) -> Router {
        routes().split_for_parts().0.with_state(self.clone())
    }

    /// Registers the check `query-store`: whether the store can be read.
    pub fn register_checks(&self, health: &Health) {
        let reader = self.reader.clone();
        health.register("query-store", move || {
            let reader = reader.clone();
            async move {
                reader.check().await.map_err(|_| "the store can't be read; the log says why".into())
            }
        });
    }

    /// Waits until the state that the client wants to see can be read.
    pub(crate) async fn catch_up(&self, strong: StrongRead) -> Result<(), QueryError> {
        let Some(wanted) = strong.wanted else { return Ok(()) };
        let passed = self.watch.passed(wanted, strong.wait).await;
        passed.map_err(|why| QueryError::NotPassed { wanted, why })
    }
}

/// The description of every path, made from the code.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<QueryApi> {
    OpenApiRouter::new().merge(purchasing::routes()).merge(trading::routes())
}
