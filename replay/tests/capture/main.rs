//! `replay capture`: what is recorded, what is not, and in which order.

#[path = "../common/secure.rs"]
mod secure;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use replay::capture::{
    CaptureError, CaptureSettings, KeyRule, Redaction, Summary, Tally, WhenBehind, capture,
};
use tempfile::{TempDir, tempdir};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use traffic_archive::{ArchiveReader, ArchiveWriter, Entry, Location, Sequence, WriterSettings};

/// How long is waited for what must happen.
const WAIT_MAX: Duration = Duration::from_mins(2);

/// How long a path `/slow` takes.
const SLOW: Duration = Duration::from_millis(400);

/// Says what it got: the number of bytes of the body, or so many bytes as the path wants.
async fn target(request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let bytes = to_bytes(request.into_body(), usize::MAX).await.map_or(0, |body| body.len());
    if path == "/slow" {
        tokio::time::sleep(SLOW).await;
    }
    let size: Option<usize> = path.strip_prefix("/size/").and_then(|size| size.parse().ok());
    let body =
        size.map_or_else(|| format!(r#"{{"got":{bytes},"secret":"s"}}"#), |size| "x".repeat(size));
    ([("set-cookie", "session=1"), ("content-type", "application/json")], body).into_response()
}

async fn start_target() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(target)).await });
    address
}

struct Capturing {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<(Tally, Result<Summary, CaptureError>)>,
    folder: TempDir,
}

fn settings(target: SocketAddr) -> CaptureSettings {
    CaptureSettings {
        target: format!("http://{target}").parse().expect("a target"),
        key: KeyRule::None,
        redaction: Redaction::new(&[], &["secret".to_owned()]),
        when_behind: WhenBehind::Wait,
        body_bytes_max: 64 << 10,
        memory_bytes_max: 16 << 20,
        response_wait: Duration::from_secs(10),
        durable_every: Duration::from_secs(5),
        connections_max: 64.try_into().expect("not 0"),
    }
}

impl Capturing {
    async fn start(settings: CaptureSettings) -> Self {
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

    async fn end(self) -> (Tally, Vec<Entry>) {
        self.stop.cancel();
        let (tally, summary) = self.task.await.expect("capture ends");
        let summary = summary.expect("the archive is whole");
        let entries = entries(&self.folder.path().join("archive")).await;
        assert_eq!(summary.entries, entries.len() as u64);
        (tally, entries)
    }
}

async fn entries(archive: &Path) -> Vec<Entry> {
    let reader = ArchiveReader::open(&Location::folder(archive)).await.expect("the archive opens");
    assert!(reader.manifest().finished);
    let mut entries = reader.entries(Sequence::FIRST);
    let mut all = Vec::new();
    while let Some(entry) = entries.next().await {
        all.push(entry.expect("an entry"));
    }
    all
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream
}

/// Sends a request and reads the whole answer.
async fn exchange(address: SocketAddr, method: &str, path: &str, more: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n{body}"
    );
    let mut stream = send(address, &request).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8(answer).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn request_and_response_are_recorded_without_what_is_secret() {
    let mut settings = settings(start_target().await);
    settings.key = "json:customer.id".parse().expect("a rule");
    let capturing = Capturing::start(settings).await;
    let body = r#"{"customer":{"id":7},"secret":{"deep":1},"n":1.10}"#;
    let more = "content-type: application/json\r\nauthorization: Bearer t\r\nx-a: b\r\n";
    let answer = exchange(capturing.address, "POST", "/a?b=c&secret=d", more, body).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("session=1"), "{answer}");
    assert!(answer.ends_with(&format!(r#"{{"got":{},"secret":"s"}}"#, body.len())), "{answer}");
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 1, ..Tally::default() });
    let request = &entries[0].exchange;
    assert_eq!((request.method.as_str(), request.key.as_str()), ("POST", "7"));
    assert_eq!(request.path, "/a?b=c&secret=[redacted]");
    assert_eq!(
        request.body.text(),
        Some(r#"{"customer":{"id":7},"secret":"[redacted]","n":1.10}"#)
    );
    assert_eq!(request.header("authorization"), Some("[redacted]"));
    assert_eq!(request.header("x-a"), Some("b"));
    assert_eq!(request.header("connection"), None);
    let response = request.response.as_ref().expect("a response");
    assert_eq!(response.status, 200);
    assert_eq!(response.body.text(), Some(r#"{"got":50,"secret":"[redacted]"}"#));
    assert!(response.headers.contains(&("set-cookie".to_owned(), "[redacted]".to_owned())));
    assert!(response.elapsed_us.is_some_and(|us| us > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_is_that_of_the_requests_and_not_of_the_responses() {
    let capturing = Capturing::start(settings(start_target().await)).await;
    let address = capturing.address;
    let slow = tokio::spawn(async move { exchange(address, "GET", "/slow", "", "").await });
    tokio::time::sleep(SLOW / 4).await;
    exchange(address, "GET", "/quick", "", "").await;
    slow.await.expect("an answer");
    let (_, entries) = capturing.end().await;
    let paths: Vec<_> = entries.iter().map(|entry| entry.exchange.path.as_str()).collect();
    assert_eq!(paths, ["/slow", "/quick"]);
    let elapsed = entries[0].exchange.response.as_ref().and_then(|response| response.elapsed_us);
    assert!(elapsed.is_some_and(|us| u128::from(us) >= SLOW.as_micros()), "{elapsed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_bodies_pass_whole_and_are_accounted_for() {
    let capturing = Capturing::start(settings(start_target().await)).await;
    let long = "y".repeat(5 << 20);
    let answer = exchange(capturing.address, "POST", "/long", "", &long).await;
    assert!(answer.contains(&format!("\"got\":{}", long.len())), "{answer}");
    let answer = exchange(capturing.address, "GET", "/size/3000000", "", "").await;
    assert!(answer.len() > 3_000_000);
    let most = "z".repeat(64 << 10);
    exchange(capturing.address, "POST", "/most", "", &most).await;
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 2, too_long: 1, ..Tally::default() });
    let response = entries[0].exchange.response.as_ref().expect("a response");
    assert!(response.body.is_empty());
    let omitted = ("replay-body-omitted".to_owned(), "3000000".to_owned());
    assert!(response.headers.contains(&omitted), "{:?}", response.headers);
    assert_eq!(entries[1].exchange.body.text(), Some(most.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_go_away_leave_what_the_target_saw() {
    let capturing = Capturing::start(settings(start_target().await)).await;
    let half = "POST /half HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf";
    drop(send(capturing.address, half).await);
    let gone = send(capturing.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(SLOW / 4).await;
    drop(gone);
    exchange(capturing.address, "GET", "/after", "", "").await;
    tokio::time::sleep(SLOW * 2).await;
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 2, unanswered: 1, never_sent: 1, ..Tally::default() });
    assert_eq!(entries[0].exchange.path, "/slow");
    assert_eq!(entries[0].exchange.outcome.as_deref(), Some("unanswered"));
    assert_eq!(entries[1].exchange.path, "/after");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_down_is_a_bad_gateway_and_no_history() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nobody = listener.local_addr().expect("an address");
    drop(listener);
    let capturing = Capturing::start(settings(nobody)).await;
    for body in ["", "body"] {
        let answer = exchange(capturing.address, "POST", "/a", "", body).await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
        assert!(answer.contains("target-unreachable"), "{answer}");
    }
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { never_sent: 2, ..Tally::default() });
    assert!(entries.is_empty());
}

/// Room for one request at a time.
fn narrow(target: SocketAddr, when_behind: WhenBehind) -> CaptureSettings {
    CaptureSettings { memory_bytes_max: 100 << 10, when_behind, ..settings(target) }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_requests_wait_and_none_is_missing() {
    let capturing = Capturing::start(narrow(start_target().await, WhenBehind::Wait)).await;
    let address = capturing.address;
    let slow = tokio::spawn(async move { exchange(address, "GET", "/slow", "", "").await });
    tokio::time::sleep(SLOW / 4).await;
    let answer = exchange(address, "GET", "/waits", "", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(slow.is_finished() || slow.await.is_ok(), "the first one was first");
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 2, ..Tally::default() });
    assert_eq!(entries.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_requests_pass_unrecorded_where_that_is_wanted() {
    let capturing = Capturing::start(narrow(start_target().await, WhenBehind::Pass)).await;
    let address = capturing.address;
    let slow = tokio::spawn(async move { exchange(address, "GET", "/slow", "", "").await });
    tokio::time::sleep(SLOW / 4).await;
    let answer = exchange(address, "GET", "/passes", "", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!slow.is_finished(), "it did not wait");
    slow.await.expect("an answer");
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 1, passed: 1, ..Tally::default() });
    assert_eq!(entries[0].exchange.path, "/slow");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_fails_ends_the_capture() {
    let capturing = Capturing::start(settings(start_target().await)).await;
    let archive = capturing.folder.path().join("archive");
    exchange(capturing.address, "GET", "/a", "", "").await;
    std::fs::remove_dir_all(&archive).expect("it is taken away");
    std::fs::write(&archive, "no folder").expect("a file");
    capturing.stop.cancel();
    let (_, summary) = capturing.task.await.expect("capture ends");
    assert!(summary.is_err(), "{summary:?}");
}

/// The real program.
struct Program {
    child: Child,
    address: SocketAddr,
}

fn program(target: &str, archive: &Path, port: u16) -> Program {
    program_with(target, archive, port, &[])
}

/// With further environment variables.
fn program_with(target: &str, archive: &Path, port: u16, variables: &[(&str, &Path)]) -> Program {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let child = Command::new(env!("CARGO_BIN_EXE_replay"))
        .args(["capture", "--listen", &address.to_string(), "--to", target])
        .args(["--append", "--durable-every", "1", "--archive"])
        .arg(archive)
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("replay starts");
    Program { child, address }
}

impl Program {
    async fn ready(&self) {
        let began = Instant::now();
        while TcpStream::connect(self.address).await.is_err() {
            assert!(began.elapsed() < WAIT_MAX, "capture does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks it to stop; it must end well.
    fn stop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// A test that fails leaves nothing running.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_capture_goes_on_where_its_archive_ends() {
    let target = format!("http://{}", start_target().await);
    let folder = tempdir().expect("a folder");
    let archive: PathBuf = folder.path().join("archive");
    let port = free_port().await;

    let mut first = program(&target, &archive, port);
    first.ready().await;
    exchange(first.address, "GET", "/1", "", "").await;
    let began = Instant::now();
    while durable_entries(&archive).await == 0 {
        assert!(began.elapsed() < WAIT_MAX, "never durable");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    exchange(first.address, "GET", "/perhaps-lost", "", "").await;
    first.child.kill().expect("it is killed");
    first.child.wait().expect("it has ended");

    let mut second = program(&target, &archive, port);
    second.ready().await;
    exchange(second.address, "GET", "/2", "", "").await;
    second.stop();
    let mut paths: Vec<_> =
        entries(&archive).await.into_iter().map(|entry| entry.exchange.path).collect();
    // It is durable only if more than a second went by before the kill.
    paths.retain(|path| path != "/perhaps-lost");
    assert_eq!(paths, ["/1", "/2"]);
}

async fn durable_entries(archive: &Path) -> u64 {
    let reader = ArchiveReader::open(&Location::folder(archive)).await;
    reader.map_or(0, |reader| reader.manifest().entries)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_behind_tls_is_captured_if_the_system_trusts_it() {
    let (target, authority) = secure::secure_target().await;
    let folder = tempdir().expect("a folder");
    let (archive, trusted) = (folder.path().join("archive"), folder.path().join("authority.pem"));
    std::fs::write(&trusted, authority).expect("written");

    let variables = [("SSL_CERT_FILE", trusted.as_path())];
    let mut trusting = program_with(&target, &archive, free_port().await, &variables);
    trusting.ready().await;
    let answer = exchange(trusting.address, "POST", "/a?b=c", "", "body").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    trusting.stop();
    let recorded = entries(&archive).await;
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].exchange.path, "/a?b=c");
    assert_eq!(recorded[0].exchange.response.as_ref().map(|response| response.status), Some(200));

    let mut distrusting = program(&target, &archive, free_port().await);
    distrusting.ready().await;
    let answer = exchange(distrusting.address, "POST", "/a", "", "body").await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    distrusting.stop();
    assert_eq!(entries(&archive).await.len(), 1, "what the target never saw is not recorded");
}
