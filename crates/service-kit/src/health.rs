//! Is the process alive, and can it do its work?

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use futures_util::future::join_all;
use serde::Serialize;
use tracing::warn;

/// How long one check may take; after that it has failed.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// What a check finds: `Err` says in a sentence why the work can't be done now.
pub type Finding = Result<(), String>;

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Finding> + Send>> + Send + Sync>;

/// A finding that `told` describes where the check failed. The cause, which may name files and hosts, goes
/// into the log of this program.
pub fn without_cause<E: Display>(checked: Result<(), E>, told: &str) -> Finding {
    checked.map_err(|error| {
        warn!(%error, "{told}");
        format!("{told}; the log of this program says why")
    })
}

/// The checks that make a process ready. Clones share them.
#[derive(Clone, Default)]
pub struct Health {
    checks: Arc<Mutex<BTreeMap<String, Check>>>,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: Vec<CheckReport>,
}

#[derive(Serialize)]
struct CheckReport {
    name: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Health {
    /// Adds a check, or replaces the one of the same name. All checks run side by side on every
    /// request, each for [`CHECK_TIMEOUT`] at most.
    pub fn register<C, F>(&self, name: impl Into<String>, check: C)
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Finding> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.lock().insert(name.into(), check);
    }

    /// `/livez`: 200 as long as the process answers. `/readyz`: 200 when every check passes, else
    /// 503; the body lists them all.
    pub fn router(&self) -> Router {
        let health = self.clone();
        Router::new()
            .route("/livez", get(|| async { Json(Report { status: "alive", checks: Vec::new() }) }))
            .route("/readyz", get(move || async move { health.readiness().await }))
    }

    async fn readiness(&self) -> Response {
        let checks: Vec<_> =
            self.lock().iter().map(|(name, check)| (name.clone(), check.clone())).collect();
        let checks = join_all(checks.into_iter().map(|(name, check)| run(name, check))).await;
        if checks.iter().all(|check| check.status == PASS) {
            Json(Report { status: "ready", checks }).into_response()
        } else {
            let report = Report { status: "not-ready", checks };
            (StatusCode::SERVICE_UNAVAILABLE, Json(report)).into_response()
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Check>> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PASS: &str = "pass";
const FAIL: &str = "fail";

async fn run(name: String, check: Check) -> CheckReport {
    let finding = tokio::time::timeout(CHECK_TIMEOUT, check()).await.unwrap_or_else(|_| {
        Err(format!("gave no answer within {} seconds", CHECK_TIMEOUT.as_secs()))
    });
    match finding {
        Ok(()) => CheckReport { name, status: PASS, detail: None },
        Err(detail) => CheckReport { name, status: FAIL, detail: Some(detail) },
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::*;

    async fn get(health: &Health, path: &str) -> (u16, Value) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = health.router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn ready_means_that_every_check_passes_in_time() {
        let health = Health::default();
        health.register("log", || async { Ok(()) });
        assert_eq!(get(&health, "/readyz").await.0, 200);

        health.register("store", || async { Err("is away".to_owned()) });
        health.register("lag", std::future::pending);
        let (status, report) = get(&health, "/readyz").await;
        assert_eq!(status, 503);
        let expected = json!({"status": "not-ready", "checks": [
            {"name": "lag", "status": "fail", "detail": "gave no answer within 2 seconds"},
            {"name": "log", "status": "pass"},
            {"name": "store", "status": "fail", "detail": "is away"},
        ]});
        assert_eq!(report, expected);
        assert_eq!(get(&health, "/livez").await.0, 200);
    }
}
