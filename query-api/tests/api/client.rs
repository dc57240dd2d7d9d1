//! Asks the service without a socket.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use order_domain::VenueId;
use order_store::OrderQueries;
use order_store::trading::TradingQueries;
use query_api::{QueryApi, QuerySettings};
use serde_json::Value;
use service_kit::fallback::with_problems;
use tower::ServiceExt as _;

use crate::double::Double;

/// The bounds of a service under test.
pub(crate) const SETTINGS: QuerySettings =
    QuerySettings { wait_max: Duration::from_secs(5), waiters_max: 1_000 };

/// A service over a double.
pub(crate) fn api(store: Arc<Double>, settings: &QuerySettings) -> QueryApi {
    QueryApi::new(store.clone(), store, market(), settings)
}

fn market() -> VenueId {
    VenueId::new("market/main").unwrap()
}

/// A method, a target and headers.
pub(crate) type Exchange<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// What `requests` are answered with, for a golden file.
pub(crate) async fn transcript(client: &Client, requests: &[Exchange<'_>]) -> String {
    let mut text = String::new();
    for (method, uri, headers) in requests {
        let answer = client.send(method, uri, headers).await;
        writeln!(text, "=== {method} {uri} {headers:?}\n{}", answer.transcript()).unwrap();
    }
    text
}

#[derive(Clone)]
pub(crate) struct Client {
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) fn new(store: Arc<Double>) -> Self {
        Self::with(store, &SETTINGS)
    }

    pub(crate) fn with(store: Arc<Double>, settings: &QuerySettings) -> Self {
        Self::of(&api(store, settings))
    }

    pub(crate) fn over(orders: Arc<dyn OrderQueries>, trading: Arc<dyn TradingQueries>) -> Self {
        Self::of(&QueryApi::new(orders, trading, market(), &SETTINGS))
    }

    fn of(api: &QueryApi) -> Self {
        Self { router: with_problems(api.router()) }
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send("GET", uri, &[]).await
    }

    /// Reads what was true after the command at `position`.
    pub(crate) async fn get_after(&self, uri: &str, position: &str) -> Answer {
        self.send("GET", uri, &[("Seriatim-Position", position)]).await
    }

    pub(crate) async fn send(&self, method: &str, uri: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's kind.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        self.json()["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned()
    }

    /// The ids of a page's orders.
    pub(crate) fn ids(&self) -> Vec<String> {
        let page = self.json();
        let orders = page["orders"].as_array().unwrap().iter();
        orders.map(|order| order["orderId"].as_str().unwrap().to_owned()).collect()
    }

    /// The next page, out of `Link`.
    pub(crate) fn next(&self) -> Option<String> {
        let link = self.headers.get("link")?.to_str().unwrap();
        let target = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        Some(target.to_owned())
    }

    /// Everything that a client sees, for a golden file.
    pub(crate) fn transcript(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        if !self.body.is_empty() {
            writeln!(text, "{}", serde_json::to_string_pretty(&self.json()).unwrap()).unwrap();
        }
        text
    }
}
