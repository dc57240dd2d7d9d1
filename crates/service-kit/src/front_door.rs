//! One router for everything that a process serves.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use utoipa::openapi::OpenApi;

use crate::health::Health;
use crate::telemetry::Metrics;
use crate::{docs, fallback, problem};

/// Joins the roles of a process with `/livez`, `/readyz`, `/metrics`, `/openapi.json`, `/docs` (where
/// `/` leads to) and `/problems`, and answers everything else with a problem.
///
/// `roles` must not have a fallback of its own. `documents` describe the roles, the first one gives
/// the title.
pub fn front_door(
    roles: Router,
    documents: Vec<OpenApi>,
    health: &Health,
    metrics: &Metrics,
) -> Router {
    let router = roles
        .route("/", get(async || Redirect::temporary("/docs/")))
        .merge(docs::router(documents))
        .merge(problem::router())
        .merge(health.router())
        .merge(metrics.router());
    fallback::with_problems(router)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::http::header::LOCATION;
    use axum::response::{IntoResponse as _, Response};
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;
    use crate::Problem;
    use crate::problem::types;

    async fn get(path: &str) -> Response {
        let door = front_door(Router::new(), Vec::new(), &Health::default(), &Metrics::install());
        door.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn json(response: Response) -> Value {
        serde_json::from_slice(&to_bytes(response.into_body(), 100_000).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn the_way_in_leads_to_the_docs() {
        let response = get("/").await;
        assert_eq!(response.status(), 307);
        assert_eq!(response.headers()[LOCATION], "/docs/");
        assert_eq!(get("/docs/").await.status(), 200);
    }

    #[tokio::test]
    async fn every_type_of_problem_tells_what_it_means() {
        assert_eq!(json(get("/problems").await).await.as_array().unwrap().len(), types::ALL.len());
        for known in types::ALL {
            let problem = json(Problem::new(known).into_response()).await;
            let page = get(problem["type"].as_str().unwrap()).await;
            assert_eq!(page.status(), 200, "{}", known.kind);
            let page = json(page).await;
            for member in ["type", "title", "status"] {
                assert_eq!(page[member], problem[member]);
            }
            assert_eq!(page["meaning"], known.meaning);
        }
        let unknown = get("/problems/boredom").await;
        assert_eq!(unknown.status(), 404);
        assert_eq!(json(unknown).await["type"], "/problems/not-found");
    }
}
