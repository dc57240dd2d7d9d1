//! The service as a whole: what its handlers share, and its router.

use std::sync::Arc;

use axum::Router;
use order_store::OrderQueries;
use service_kit::config::{ConfigError, Settings};
use service_kit::health::Health;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::error::QueryError;
use crate::reader::Reader;
use crate::settings::QuerySettings;
use crate::strong_read::{ProjectionWatch, StrongRead};
use crate::{metrics, purchasing};

/// Answers reads out of a store. Clones share everything.
#[derive(Clone)]
pub struct QueryApi {
    pub(crate) reader: Reader,
    watch: Arc<ProjectionWatch>,
}

impl QueryApi {
    /// A service over `queries`.
    pub fn new(queries: Arc<dyn OrderQueries>, settings: &QuerySettings) -> Self {
        metrics::describe();
        let reader = Reader::new(queries);
        let watch = ProjectionWatch::new(reader.clone(), settings.wait_max, settings.waiters_max);
        Self { reader, watch }
    }

    /// A service over `queries`, as the section `[query]` of `settings` has it.
    pub fn of_settings(
        settings: &Settings,
        queries: Arc<dyn OrderQueries>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(queries, &QuerySettings::of(settings)?))
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
    OpenApiRouter::new().merge(purchasing::routes())
}
