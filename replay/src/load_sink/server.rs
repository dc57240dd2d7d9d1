//! The sink's side of the network.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::faults::{Fate, Fates, Faults};
use super::ledger::{Ledger, Seen};
use super::order::Verdict;
use super::{SinkSettings, VERDICT_PATH};
use crate::marks;

/// How long to wait when the system has no room for a further connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A target that takes whatever comes and watches its order.
#[derive(Debug)]
pub struct LoadSink {
    address: SocketAddr,
    target: Arc<Target>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Target {
    ledger: Ledger,
    fates: Fates,
    status: StatusCode,
    body: Bytes,
    content_type: HeaderValue,
    retry_after: Option<HeaderValue>,
    resets: bool,
}

impl LoadSink {
    /// Serves from now on. Call it inside a tokio runtime.
    pub fn start(listener: TcpListener, settings: &SinkSettings) -> io::Result<Self> {
        let retry_after = settings.retry_after;
        let target = Arc::new(Target {
            ledger: Ledger::open(settings.demand, settings.record.as_deref())?,
            fates: Fates::new(settings.faults),
            status: settings.status,
            body: Bytes::from(settings.body.clone()),
            content_type: HeaderValue::from_static("application/json"),
            retry_after: retry_after.map(|wait| HeaderValue::from(wait.as_secs())),
            resets: settings.faults.resets > Faults::default().resets,
        });
        let (address, stop) = (listener.local_addr()?, CancellationToken::new());
        let serving = tokio::spawn(serve(listener, Arc::clone(&target), stop.clone()));
        Ok(Self { address, target, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it saw until now.
    pub fn verdict(&self) -> Verdict {
        self.target.ledger.verdict()
    }

    /// Cuts off all connections; the record is whole then.
    pub async fn stop(self) -> io::Result<Verdict> {
        self.stop.cancel();
        self.serving.await.map_err(io::Error::other)?;
        self.target.ledger.flush()?;
        Ok(self.target.ledger.verdict())
    }
}

async fn serve(listener: TcpListener, target: Arc<Target>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, Arc::clone(&target)));
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    connections.shutdown().await;
}

async fn converse(stream: TcpStream, target: Arc<Target>) {
    let _ = stream.set_nodelay(true);
    if target.resets {
        // Whatever ends such a connection is then a reset, not an orderly end.
        let _ = stream.set_zero_linger();
    }
    let service = service_fn(|request| target.take(request));
    // An error here is the client's, or a reset on purpose.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Target {
    async fn take(&self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (head, mut body) = request.into_parts();
        if head.method == Method::GET && head.uri.path() == VERDICT_PATH {
            return self.tell();
        }
        while !body.is_end_stream() {
            body.frame().await.transpose().map_err(io::Error::other)?;
        }
        let (fate, wait) = self.fates.draw();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        self.ledger.enter(seen(&head.headers, head.method.as_str(), path), fate)?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        match fate {
            Fate::Answered => Ok(self.answer(self.status, self.body.clone())),
            Fate::Error => Ok(self.refuse(StatusCode::INTERNAL_SERVER_ERROR)),
            Fate::Unavailable => Ok(self.busy(StatusCode::SERVICE_UNAVAILABLE)),
            Fate::TooMany => Ok(self.busy(StatusCode::TOO_MANY_REQUESTS)),
            Fate::Reset { .. } => Err(io::ErrorKind::ConnectionReset.into()),
            // The connection ends when the client leaves.
            Fate::Hung { .. } => std::future::pending().await,
        }
    }

    fn tell(&self) -> io::Result<Response<Full<Bytes>>> {
        self.ledger.flush()?;
        let verdict = serde_json::to_vec(&self.ledger.verdict())?;
        Ok(self.answer(StatusCode::OK, verdict.into()))
    }

    fn busy(&self, status: StatusCode) -> Response<Full<Bytes>> {
        let mut response = self.refuse(status);
        if let Some(wait) = &self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, wait.clone());
        }
        response
    }

    fn refuse(&self, status: StatusCode) -> Response<Full<Bytes>> {
        self.answer(status, Bytes::new())
    }

    fn answer(&self, status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, self.content_type.clone());
        response
    }
}

fn seen<'a>(headers: &'a HeaderMap, method: &'a str, path: &'a str) -> Seen<'a> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    Seen {
        sequence: text(&marks::SEQUENCE).and_then(|number| number.parse().ok()),
        key: text(&marks::KEY).unwrap_or_default(),
        method,
        path,
        idempotency_key: text(&marks::IDEMPOTENCY_KEY),
    }
}
