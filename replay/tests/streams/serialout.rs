//! `serialout` from a stream whose server crashes in the middle: it waits, and the order is kept.

use std::time::{Duration, Instant};

use replay::load_sink::{Demand, LoadSink, SinkSettings};
use replay::stream::TargetSettings;
use tempfile::tempdir;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use traffic_archive::Exchange;

use crate::crash::PATIENCE_SECONDS;
use crate::program::Program;
use crate::server::Private;
use crate::{Kafka, Redis, Server, archive_of, copy_with, exchange};

/// Entries of the stream.
const ENTRIES: u64 = 2_500;

/// Bytes of each one's body. All of them are more than a reader fetches ahead: some 5 MiB of a partition.
const BODY_BYTES: usize = 8 << 10;

/// When so many have arrived, the server crashes.
const BEFORE_CRASH: u64 = 50;

async fn survives_a_crash(server: &impl Server, private: &Private) {
    let folder = tempdir().expect("a folder");
    let wide = |n| Exchange { body: "x".repeat(BODY_BYTES).into(), ..exchange(n) };
    let archive = archive_of(folder.path(), (0..ENTRIES).map(wide)).await;
    let (_, address) = server.stream();
    let one_partition = TargetSettings { partitions: 1 };
    copy_with(&archive, &address, one_partition).await.expect("it is copied");

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let settings = SinkSettings { demand: Demand::Key, ..SinkSettings::default() };
    let sink = LoadSink::start(listener, &settings).expect("it serves");
    let target = format!("http://{}", sink.address());
    let state = folder.path().join("state");
    let state = state.to_str().expect("a path in UTF-8");
    let mut program = Program::start([
        "serialout",
        &address.to_string(),
        "--target",
        &target,
        "--rate",
        "1000/s",
        "--quiet",
        "--state",
        state,
        "--patience",
        PATIENCE_SECONDS,
    ]);
    let begun = Instant::now();
    while sink.verdict().applied < BEFORE_CRASH {
        program.assert_well(begun, "nothing arrives");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    private.crash();
    spawn_blocking(|| program.await_success()).await.expect("it ends well");
    let verdict = sink.stop().await.expect("a verdict");
    assert!(verdict.in_order, "{verdict}");
    assert_eq!((verdict.applied, verdict.twice), (ENTRIES, 0), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_crashes_is_waited_for_and_nothing_is_skipped() {
    let Some(kafka) = Kafka::own() else { return };
    let Kafka::Own(private) = &kafka else { unreachable!("it is its own") };
    survives_a_crash(&kafka, private).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_crashes_is_waited_for_and_nothing_is_skipped() {
    let Some(redis) = Redis::own() else { return };
    let Redis::Own(private) = &redis else { unreachable!("it is its own") };
    survives_a_crash(&redis, private).await;
}
