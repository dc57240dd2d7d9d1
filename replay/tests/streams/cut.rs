//! A Redis whose answer is cut short, as by a crash in the middle of it.

use replay::stream::{ServerArgs, StreamAddress, StreamReader, StreamUrl};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use traffic_archive::{ArchiveReader, Exchange, Sequence};

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

/// Connections to a Redis of which one is cut. Its address.
async fn cut(redis: &str, afterwards: Afterwards) -> String {
    let host = redis.strip_prefix("redis://").expect("a URL").trim_end_matches("/0").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}/0", listener.local_addr().expect("it listens"));
    tokio::spawn(async move {
        let mut answers_max = BEFORE_CUT;
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&host).await.expect("Redis");
            answers_max -= relay(client, server, answers_max).await;
            if answers_max == 0 && afterwards == Afterwards::Redis {
                answers_max = u64::MAX;
            }
        }
    });
    url
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

/// An archive in a stream, and the way to it on which a connection is cut.
async fn stream(redis: &Redis, afterwards: Afterwards) -> (ArchiveReader, StreamAddress) {
    let folder = tempdir().expect("a folder").keep();
    let wide = |n| Exchange { body: "x".repeat(BODY_BYTES).into(), ..exchange(n) };
    let archive = archive_of(&folder, (0..ENTRIES).map(wide)).await;
    let (name, address) = redis.stream();
    crate::copy(&archive, &address).await.expect("it is copied");
    let url: StreamUrl = cut(&redis.url(), afterwards).await.parse().expect("a URL");
    (archive, StreamAddress::new(url, name).expect("a stream"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_cut_short_is_asked_for_again() {
    let Some(redis) = Redis::get() else { return };
    let (archive, address) = stream(&redis, Afterwards::Redis).await;
    assert_whole(&archive, &address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_stays_away_is_waited_for_as_long_as_there_is_patience() {
    let Some(redis) = Redis::get() else { return };
    let (_, address) = stream(&redis, Afterwards::Nothing).await;
    let address = address.reached_as(&ServerArgs { kafka_properties: Vec::new(), patience: 1 });
    let mut reader = StreamReader::open(&address, Sequence::FIRST).await.expect("it opens");
    let ended = reader.next_batch(100).await.expect("it is not at its end");
    ended.expect_err("the first answer was cut short");
}
