//! A Redis whose answer is cut short, as by a crash in the middle of it, or that has lost entries.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use replay::stream::{ServerArgs, StreamAddress, StreamError, StreamReader, StreamUrl};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use traffic_archive::{ArchiveReader, Exchange, Sequence};

use crate::program::Program;
use crate::{Redis, Server, archive_of, assert_whole, exchange};

/// Entries of the stream: their answers are too large for the sockets on the way.
const ENTRIES: u64 = 1_000;

/// Bytes of each one's body.
const BODY_BYTES: usize = 8 << 10;

/// Bytes of answers before the cut: more than it takes to open the stream, and in the middle of an answer.
const BEFORE_CUT: u64 = 1 << 20;

/// What the connections after the one that was cut get.
#[derive(Clone, Copy, PartialEq)]
enum Afterwards {
    Redis,
    Nothing,
}

/// The way to a Redis, on which a connection is cut.
struct Cut {
    url: String,
    /// How many connections were made.
    connections: Arc<AtomicUsize>,
}

impl Cut {
    async fn before(redis: &Redis, afterwards: Afterwards) -> Self {
        let redis = redis.url();
        let host = redis.strip_prefix("redis://").expect("a URL").trim_end_matches("/0").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("redis://{}/0", listener.local_addr().expect("it listens"));
        let connections = Arc::new(AtomicUsize::new(0));
        let cut = Self { url, connections: Arc::clone(&connections) };
        tokio::spawn(async move {
            let mut answers_max = BEFORE_CUT;
            while let Ok((client, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let server = TcpStream::connect(&host).await.expect("Redis");
                answers_max -= relay(client, server, answers_max).await;
                if answers_max == 0 && afterwards == Afterwards::Redis {
                    answers_max = u64::MAX;
                }
            }
        });
        cut
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The same stream, this way.
    fn to(&self, name: &str) -> StreamAddress {
        StreamAddress::new(self.url.parse::<StreamUrl>().expect("a URL"), name).expect("a stream")
    }
}

/// Passes requests on, and answers up to so many bytes; then, or when either side is done, both are cut.
/// How many bytes of answers it were.
async fn relay(mut client: TcpStream, mut server: TcpStream, answers_max: u64) -> u64 {
    let ((mut requests, mut taken), (answers, mut given)) = (client.split(), server.split());
    let mut answers = answers.take(answers_max);
    tokio::select! {
        _ = copy(&mut requests, &mut given) => {}
        _ = copy(&mut answers, &mut taken) => {}
    }
    let _ = taken.flush().await;
    answers_max - answers.limit()
}

/// An archive whose entries are wide, in a stream.
async fn stream(redis: &Redis, folder: &Path) -> (ArchiveReader, String, StreamAddress) {
    let wide = |n| Exchange { body: "x".repeat(BODY_BYTES).into(), ..exchange(n) };
    let archive = archive_of(folder, (0..ENTRIES).map(wide)).await;
    let (name, address) = redis.stream();
    crate::copy(&archive, &address).await.expect("it is copied");
    (archive, name, address)
}

async fn read_until_it_fails(reader: &mut StreamReader) -> (u64, StreamError) {
    let mut read = 0;
    loop {
        match reader.next_batch(100).await.expect("it fails before its end") {
            Ok(entries) => read += entries.len() as u64,
            Err(error) => return (read, error),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_cut_short_is_asked_for_again() {
    let Some(redis) = Redis::get() else { return };
    let folder = tempdir().expect("a folder");
    let (archive, name, _) = stream(&redis, folder.path()).await;
    let cut = Cut::before(&redis, Afterwards::Redis).await;
    assert_whole(&archive, &cut.to(&name)).await;
    assert_eq!(cut.connections(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stays_away_is_waited_for_as_long_as_there_is_patience() {
    let Some(redis) = Redis::get() else { return };
    let folder = tempdir().expect("a folder");
    let (_, name, _) = stream(&redis, folder.path()).await;
    let cut = Cut::before(&redis, Afterwards::Nothing).await;
    let server = ServerArgs { kafka_properties: Vec::new(), patience: 1 };
    let address = cut.to(&name).reached_as(&server);
    let begun = Instant::now();
    let mut reader = StreamReader::open(&address, Sequence::FIRST).await.expect("it opens");
    let (read, _) = read_until_it_fails(&mut reader).await;
    assert!(read < ENTRIES, "{read}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(cut.connections() > 2, "it has tried only {} times", cut.connections());
}

async fn take_away(redis: &Redis, name: &str, entry: u64) {
    let client = redis::Client::open(redis.url()).expect("a client");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis");
    let mut command = redis::cmd("XDEL");
    command.arg(name).arg(format!("{entry}-0"));
    assert_eq!(command.query_async(&mut connection).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_with_a_hole_is_not_said_to_be_whole() {
    let Some(redis) = Redis::get() else { return };
    let folder = tempdir().expect("a folder");
    let (archive, name, address) = stream(&redis, folder.path()).await;
    take_away(&redis, &name, 500).await;
    let error = crate::copy(&archive, &address).await.expect_err("one is missing");
    let error = error.downcast::<StreamError>().expect("a stream's error");
    assert!(
        matches!(error, StreamError::Holes { entries: ENTRIES, found } if found == ENTRIES - 1),
        "{error}"
    );
    let (from, url) = (folder.path().to_str().expect("a path in UTF-8"), redis.url());
    let mut rehearsal =
        Program::start(["serialin", from, "--to", &url, "--topic", &name, "--dry-run", "--quiet"]);
    assert_eq!(rehearsal.await_end().code(), Some(1));
    assert!(rehearsal.errors().contains("999 records"), "{}", rehearsal.errors());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_its_tail_is_not_gone_on_with() {
    let Some(redis) = Redis::get() else { return };
    let folder = tempdir().expect("a folder");
    let (archive, name, address) = stream(&redis, folder.path()).await;
    take_away(&redis, &name, ENTRIES).await;
    let error = crate::copy(&archive, &address).await.expect_err("Redis takes no id twice");
    let error = error.downcast::<StreamError>().expect("a stream's error");
    assert!(
        matches!(error, StreamError::Gone { expected, .. } if expected.get() == ENTRIES),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_becomes_shorter_while_it_is_read_is_told() {
    let Some(redis) = Redis::get() else { return };
    let folder = tempdir().expect("a folder");
    let (_, name, address) = stream(&redis, folder.path()).await;
    let mut reader = StreamReader::open(&address, Sequence::FIRST).await.expect("it opens");
    take_away(&redis, &name, ENTRIES).await;
    let (read, error) = read_until_it_fails(&mut reader).await;
    assert_eq!(read, ENTRIES - 1);
    assert!(matches!(error, StreamError::Gone { .. }), "{error}");
}
