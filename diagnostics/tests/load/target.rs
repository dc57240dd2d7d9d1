//! Targets: small servers that answer as a test wants it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpSocket;
use tokio::sync::Barrier;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 16_384;

/// How a target answers.
pub enum Manner {
    /// With 202, at once.
    Accept,
    /// Every second request with 503 and what is wrong.
    BusyEverySecond,
    /// With 202, after this time.
    Slow(Duration),
    /// With 202, as soon as so many wait for it at once.
    Together(Barrier),
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub struct Target {
    pub url: String,
    seen: Arc<Seen>,
}

struct Seen {
    manner: Manner,
    came: Mutex<Vec<Came>>,
    count: AtomicUsize,
}

impl Target {
    /// Serves until the runtime ends.
    pub fn start(manner: Manner) -> Self {
        let (socket, address) = bound();
        let listener = socket.listen(BACKLOG).unwrap();
        let seen = Arc::new(Seen { manner, came: Mutex::default(), count: AtomicUsize::new(0) });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url: format!("http://{address}"), seen }
    }

    /// All that came, in order.
    pub fn came(&self) -> Vec<Came> {
        self.seen.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many requests came.
    pub async fn has_seen(&self, count: usize) {
        while self.seen.count.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A socket of the loopback on a port that nobody else can take, and that refuses while nobody listens.
pub fn bound() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

async fn answer(State(seen): State<Arc<Seen>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = head.headers.iter();
    let came = Came {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body: text(&body),
    };
    seen.came.lock().unwrap_or_else(PoisonError::into_inner).push(came);
    let number = seen.count.fetch_add(1, Ordering::Relaxed);
    match &seen.manner {
        Manner::Accept => {}
        Manner::BusyEverySecond if number % 2 == 0 => {}
        Manner::BusyEverySecond => return busy(),
        Manner::Slow(time) => tokio::time::sleep(*time).await,
        Manner::Together(barrier) => {
            barrier.wait().await;
        }
    }
    (StatusCode::ACCEPTED, [("location", format!("/api/Orders/{number}"))], "{}").into_response()
}

fn busy() -> Response {
    let problem = r#"{"type":"/problems/overloaded","status":503}"#;
    let headers = [("content-type", "application/problem+json"), ("retry-after", "1")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, problem).into_response()
}
