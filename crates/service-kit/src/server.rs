//! Serves a router over HTTP/1.1 until it is told to stop.
//!
//! No tower layer stands between the connection and the router: what every request needs (its id,
//! its span, the net under a panic) is done here in one place, and costs nothing where it is not
//! asked for.

use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service as _;
use tracing::{Instrument as _, Span, debug_span, error, info, warn};
use uuid::Uuid;

use crate::config::HttpSettings;
use crate::stalled::{UNTAKEN_MAX, cut_when_untaken};
use crate::{Problem, head, open_files};

/// The header that names a request in the logs. What a client sends comes back to it; a request
/// without one gets one where the server failed.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken from a client, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// How long to wait when the system has no room for a further connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes the address, such as `127.0.0.1:8000`. The error says which one it was.
pub async fn bind(address: &str) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}

/// Answers requests until `shutdown`, then takes no further ones and finishes those that it took,
/// for [`HttpSettings::shutdown_grace`] at most.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &HttpSettings,
    shutdown: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.header_read_timeout);
    let places = Arc::new(Semaphore::new(room_for(settings.connections_max.get())));
    let mut connections = JoinSet::new();
    while let Some((stream, place)) = next_connection(&listener, &places, &shutdown).await {
        while connections.try_join_next().is_some() {}
        let (http, router, shutdown) = (http.clone(), router.clone(), shutdown.clone());
        connections.spawn(async move {
            serve_connection(stream, &http, router, &shutdown).await;
            drop(place);
        });
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(settings.shutdown_grace, finished).await.is_err() {
        warn!(connections = connections.len(), "cut off what did not finish in time");
        connections.shutdown().await;
    }
}

/// How many connections may be open: `wanted`, or as many as there are files for. Without that bound clients
/// that do nothing could take the files that log and store need.
fn room_for(wanted: usize) -> usize {
    let room = open_files::make_room(wanted);
    if room < wanted {
        info!(wanted, room, "fewer connections at once: the hard limit of open files is low");
    }
    room
}

/// The next connection and its place among those that may be open; `None` on shutdown.
async fn next_connection(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accepted = async {
        let place = places.clone().acquire_owned().await.expect("nobody closes the semaphore");
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        connection = accepted => Some(connection),
        () = shutdown.cancelled() => None,
    }
}

async fn serve_connection(
    stream: TcpStream,
    http: &http1::Builder,
    router: Router,
    shutdown: &CancellationToken,
) {
    // Answers are written whole: waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    cut_when_untaken(&stream, UNTAKEN_MAX);
    let service = service_fn(move |request| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request).await) }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    // An error here is the client's (it went away, or spoke no HTTP): nobody is left to tell.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn answer(mut router: Router, request: Request<Incoming>) -> Response {
    let id =
        request.headers().get(REQUEST_ID).filter(|id| id.len() <= REQUEST_ID_BYTES_MAX).cloned();
    let span = span_of(&request, id.as_ref());
    let answered = async {
        match head::check(&request) {
            Ok(()) => router.call(request).await,
            Err(problem) => Ok(problem.into_response()),
        }
    };
    let answered = AssertUnwindSafe(answered).catch_unwind().instrument(span.clone()).await;
    let (mut response, panicked) = match answered {
        Ok(Ok(response)) => (response, false),
        Err(_) => (Problem::internal().into_response(), true),
    };
    let failed = response.status().is_server_error();
    if let Some(id) = id.or_else(|| failed.then(new_request_id)) {
        if panicked {
            let _entered = span.enter();
            // The panic's own message and place went to stderr through the panic hook.
            error!(request_id = ?id, "a request handler panicked");
        }
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn span_of(request: &Request<Incoming>, id: Option<&HeaderValue>) -> Span {
    debug_span!("request", method = %request.method(), path = request.uri().path(), request_id = ?id)
}

fn new_request_id() -> HeaderValue {
    HeaderValue::try_from(Uuid::now_v7().to_string()).expect("a UUID is visible ASCII")
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const SETTINGS: HttpSettings = HttpSettings {
        connections_max: std::num::NonZeroUsize::new(2).unwrap(),
        header_read_timeout: Duration::from_secs(1),
        shutdown_grace: Duration::from_secs(5),
    };

    struct Server {
        address: std::net::SocketAddr,
        shutdown: CancellationToken,
        serving: tokio::task::JoinHandle<()>,
    }

    async fn start(router: Router) -> Server {
        let listener = bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let stop = shutdown.clone();
        let serving = tokio::spawn(async move { serve(listener, router, &SETTINGS, stop).await });
        Server { address, shutdown, serving }
    }

    async fn exchange(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn panics() -> &'static str {
        panic!("a bug")
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_with_a_request_id() {
        let server = start(Router::new().route("/", get(panics))).await;
        let answer =
            exchange(&server, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("x-request-id: "), "{answer}");
        assert!(!answer.contains("a bug"), "{answer}");
    }

    #[tokio::test]
    async fn the_clients_request_id_comes_back() {
        let server = start(Router::new().route("/", get(|| async { "hi" }))).await;
        let request =
            "GET / HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\nconnection: close\r\n\r\n";
        assert!(exchange(&server, request).await.contains("x-request-id: mine"));
        let request = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        assert!(!exchange(&server, request).await.contains("x-request-id"));
    }

    #[tokio::test]
    async fn a_shutdown_finishes_what_was_accepted_and_takes_nothing_new() {
        let begun = Arc::new(tokio::sync::Notify::new());
        let begins = begun.clone();
        let slow = || async move {
            begins.notify_one();
            tokio::time::sleep(Duration::from_millis(100)).await;
            "done"
        };
        let server = start(Router::new().route("/", get(slow))).await;
        let request = exchange(&server, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        let stop = async {
            begun.notified().await;
            server.shutdown.cancel();
        };
        let (answer, ()) = tokio::join!(request, stop);
        assert!(answer.ends_with("done"), "{answer}");
        server.serving.await.unwrap();
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_a_problem() {
        let server = start(Router::new().route("/", get(|| async { "hi" }))).await;
        let long = "x".repeat(60_000);
        for (request, status, kind) in [
            (format!("GET /?{long} HTTP/1.1\r\nhost: x"), 414, "target-too-long"),
            (
                format!("GET / HTTP/1.1\r\nhost: x\r\na: {long}\r\nb: {long}"),
                431,
                "headers-too-large",
            ),
        ] {
            let answer =
                exchange(&server, &format!("{request}\r\nconnection: close\r\n\r\n")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
            assert!(answer.contains(&format!("/problems/{kind}")), "{answer}");
        }
    }

    /// What never reaches us: hyper answers it, and lets the client go.
    #[tokio::test]
    async fn what_is_no_http_is_refused_without_words() {
        let server = start(Router::new().route("/", get(|| async { "hi" }))).await;
        let headers = "x: y\r\n".repeat(101);
        for (request, status) in [
            ("GET\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/1.1\r\nno header\r\n\r\n".to_owned(), 400),
            (format!("GET / HTTP/1.1\r\n{headers}\r\n"), 431),
        ] {
            let answer = exchange(&server, &request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_client_that_sends_its_head_too_slowly_is_let_go() {
        let server = start(Router::new()).await;
        let answer = exchange(&server, "GET / HT").await;
        assert!(!answer.contains("200"), "{answer}");
    }
}
