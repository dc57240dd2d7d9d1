//! A target, a capture in front of it, and a client that says exactly what it wants.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use replay::capture::{
    CaptureError, CaptureSettings, KeyRule, Redaction, Summary, Tally, WhenBehind, capture,
};
use tempfile::{TempDir, tempdir};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use traffic_archive::{ArchiveReader, ArchiveWriter, Entry, Location, Sequence, WriterSettings};

/// How long is waited for what must happen.
pub(crate) const WAIT_MAX: Duration = Duration::from_mins(2);

/// A target that says what it got: the number of bytes of the body, or so many bytes as the path
/// wants. What asks for `/slow` is answered when the test says so.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    slow: Arc<Slow>,
}

/// The requests for `/slow`: those that have come, and those that may be answered.
struct Slow {
    came: Semaphore,
    let_go: Semaphore,
}

impl Target {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let slow = Arc::new(Slow { came: Semaphore::new(0), let_go: Semaphore::new(0) });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&slow));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, slow }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until a request for `/slow` is here.
    pub(crate) async fn slow_one_came(&self) {
        let came = timeout(WAIT_MAX, self.slow.came.acquire()).await.expect("it comes");
        came.expect("nobody closes it").forget();
    }

    /// Answers one of them.
    pub(crate) fn let_slow_one_go(&self) {
        self.slow.let_go.add_permits(1);
    }
}

async fn answer(State(slow): State<Arc<Slow>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let bytes = to_bytes(request.into_body(), usize::MAX).await.map_or(0, |body| body.len());
    if path == "/slow" {
        slow.came.add_permits(1);
        slow.let_go.acquire().await.expect("nobody closes it").forget();
    }
    let size: Option<usize> = path.strip_prefix("/size/").and_then(|size| size.parse().ok());
    let body =
        size.map_or_else(|| format!(r#"{{"got":{bytes},"secret":"s"}}"#), |size| "x".repeat(size));
    ([("set-cookie", "session=1"), ("content-type", "application/json")], body).into_response()
}

pub(crate) struct Capturing {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<(Tally, Result<Summary, CaptureError>)>,
    pub(crate) folder: TempDir,
}

pub(crate) fn settings(target: SocketAddr) -> CaptureSettings {
    CaptureSettings {
        target: format!("http://{target}").parse().expect("a target"),
        key: KeyRule::None,
        redaction: Redaction::new(&[], &["secret".to_owned()]),
        when_behind: WhenBehind::Wait,
        body_bytes_max: 64 << 10,
        memory_bytes_max: 16 << 20,
        response_wait: WAIT_MAX,
        durable_every: Duration::from_secs(5),
        connections_max: 64.try_into().expect("not 0"),
    }
}

impl Capturing {
    pub(crate) async fn start(settings: CaptureSettings) -> Self {
        let folder = tempdir().expect("a folder");
        let location = Location::folder(folder.path().join("archive"));
        let writer = ArchiveWriter::create(&location, WriterSettings::default()).await;
        let writer = writer.expect("an archive");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let task = tokio::spawn(capture(listener, settings, writer, stop.clone()));
        Self { address, stop, task, folder }
    }

    pub(crate) async fn end(self) -> (Tally, Vec<Entry>) {
        self.stop.cancel();
        let (tally, summary) = self.task.await.expect("capture ends");
        let summary = summary.expect("the archive is whole");
        let entries = entries(&self.folder.path().join("archive")).await;
        assert_eq!(summary.entries, entries.len() as u64);
        (tally, entries)
    }
}

/// What a finished archive holds.
pub(crate) async fn entries(archive: &Path) -> Vec<Entry> {
    let reader = ArchiveReader::open(&Location::folder(archive)).await.expect("the archive opens");
    assert!(reader.manifest().finished);
    let mut entries = reader.entries(Sequence::FIRST);
    let mut all = Vec::new();
    while let Some(entry) = entries.next().await {
        all.push(entry.expect("an entry"));
    }
    all
}

pub(crate) async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream
}

/// Sends a request and reads the whole answer.
pub(crate) async fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    more: &str,
    body: &str,
) -> String {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n{body}"
    );
    answer_to(address, &request).await
}

/// Sends these bytes and reads what comes until the connection ends.
pub(crate) async fn answer_to(address: SocketAddr, request: &str) -> String {
    let mut stream = send(address, request).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8(answer).expect("text")
}
