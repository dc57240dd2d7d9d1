//! One router for everything that a process serves.

use axum::Router;
use utoipa::openapi::OpenApi;

use crate::health::Health;
use crate::telemetry::Metrics;
use crate::{docs, fallback};

/// Joins the roles of a process with `/livez`, `/readyz`, `/metrics`, `/openapi.json` and `/docs`,
/// and answers everything else with a problem.
///
/// `roles` must not have a fallback of its own. `documents` describe the roles, the first one gives
/// the title.
pub fn front_door(
    roles: Router,
    documents: Vec<OpenApi>,
    health: &Health,
    metrics: &Metrics,
) -> Router {
    let router =
        roles.merge(docs::router(documents)).merge(health.router()).merge(metrics.router());
    fallback::with_problems(router)
}
