//! Forwards one request.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, header, request};
use axum::response::{IntoResponse as _, Response};
use http1_client::{TargetError, TargetUrl};
use hyper::body::{Body as _, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::Timestamp;
use service_kit::Problem;
use service_kit::problem::types;
use tokio::sync::oneshot;
use tokio::time::timeout;
use traffic_archive::{self, Exchange};

use super::CaptureSettings;
use super::recorder::{Answer, Queue};
use super::redaction::belongs_to_connection;
use super::room::{self, Reserved, Room};
use super::tally::Counts;
use super::tee::{RequestListener, ResponseListener, Tee};
use crate::tls;

/// How long a connection to the target may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the target may take to begin its response.
const RESPONSE_TIMEOUT: Duration = Duration::from_mins(5);

type RequestBody = Tee<axum::body::Body, RequestListener>;

/// What all requests share.
pub(super) struct Proxy {
    client: Client<HttpsConnector<HttpConnector>, RequestBody>,
    target: TargetUrl,
    room: Room,
    body_bytes_max: usize,
    plain_bodies: bool,
    queue: Queue,
    counts: Counts,
}

/// A request that is captured: what its response needs.
struct Captured {
    begun: Instant,
    answer: oneshot::Sender<Answer>,
    room: Reserved,
}

impl Proxy {
    /// Fails when TLS to the target can't be set up.
    pub(super) fn new(
        settings: &CaptureSettings,
        queue: Queue,
        counts: Counts,
    ) -> Result<Self, TargetError> {
        let connector = tls::connector(&settings.target, CONNECT_TIMEOUT)?;
        let client =
            Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Ok(Self {
            client,
            target: settings.target.clone(),
            room: Room::new(settings.memory_bytes_max, settings.when_behind),
            body_bytes_max: settings.body_bytes_max,
            plain_bodies: settings.redaction.has_fields(),
            queue,
            counts,
        })
    }

    async fn forward(&self, request: Request) -> Response {
        let (begun, at) = (Instant::now(), Timestamp::now());
        let (mut head, body) = request.into_parts();
        strip(&mut head.headers);
        if self.plain_bodies {
            // What is compressed can't be looked into.
            head.headers.remove(header::ACCEPT_ENCODING);
        }
        let exchange = exchange_of(&head, at);
        let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let Ok(uri) = self.target.uri(path) else { return bad_target() };
        head.uri = uri;
        let expected = body.size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok());
        let expected = expected.unwrap_or(self.body_bytes_max).min(self.body_bytes_max);
        let reserved = self.room.reserve(expected, self.body_bytes_max).await;
        let (listener, captured) = self.listen(exchange, begun, reserved);
        let body = Tee::new(body, self.body_bytes_max, listener);
        let answered = self.client.request(Request::from_parts(head, body));
        match timeout(RESPONSE_TIMEOUT, answered).await {
            Ok(Ok(response)) => self.answer(response, captured),
            Ok(Err(error)) => {
                if let Some(captured) = captured.filter(|_| error.is_connect()) {
                    // The recorder may have stopped waiting.
                    let _ = captured.answer.send(Answer::NeverSent);
                }
                tracing::debug!(%error, "the target did not answer");
                unreachable_target()
            }
            Err(_) => late_target(),
        }
    }

    fn listen(
        &self,
        request: Exchange,
        begun: Instant,
        reserved: Option<(Reserved, Reserved)>,
    ) -> (Option<RequestListener>, Option<Captured>) {
        let Some((request_room, response_room)) = reserved else {
            self.counts.passed();
            return (None, None);
        };
        let (answer, answered) = oneshot::channel();
        let listener = RequestListener {
            request: Some(request),
            begun,
            answer: Some(answered),
            room: Some(request_room),
            queue: self.queue.clone(),
            counts: self.counts.clone(),
        };
        (Some(listener), Some(Captured { begun, answer, room: response_room }))
    }

    fn answer(&self, response: hyper::Response<Incoming>, captured: Option<Captured>) -> Response {
        let (mut head, body) = response.into_parts();
        strip(&mut head.headers);
        let listener = captured.map(|captured| {
            let Captured { begun, answer, mut room } = captured;
            if let Some(bytes) = body.size_hint().exact() {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                room::shrink(&mut room, bytes.min(self.body_bytes_max));
            }
            let response = traffic_archive::Response {
                status: head.status.as_u16(),
                headers: texts(&head.headers),
                body: traffic_archive::Body::EMPTY,
                elapsed_us: None,
            };
            ResponseListener { response, begun, answer, room }
        });
        let body = Tee::new(body, self.body_bytes_max, listener);
        Response::from_parts(head, axum::body::Body::new(body))
    }
}

pub(super) async fn handle(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    proxy.forward(request).await
}

fn exchange_of(head: &request::Parts, at: Timestamp) -> Exchange {
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut exchange = Exchange::new(at, head.method.as_str(), path);
    exchange.headers = texts(&head.headers);
    exchange
}

/// Takes away what belongs to this connection alone.
fn strip(headers: &mut HeaderMap) {
    let listed: HashSet<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let gone = headers.keys().filter(|name| belongs_to_connection(name.as_str(), &listed));
    for name in gone.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
}

/// The headers as they are recorded; the length of a body is the body's.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let recorded = headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH);
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    recorded.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

fn bad_target() -> Response {
    Problem::new(&types::NO_PATH).into_response()
}

fn unreachable_target() -> Response {
    Problem::new(&types::TARGET_UNREACHABLE).into_response()
}

fn late_target() -> Response {
    Problem::new(&types::TARGET_TIMEOUT).into_response()
}
