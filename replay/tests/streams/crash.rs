//! kill -9 of the program and of the server, in the middle of `serialin`.

use std::path::Path;
use std::time::{Duration, Instant};

use replay::stream::StreamAddress;
use tempfile::tempdir;
use traffic_archive::ArchiveReader;

use crate::program::Program;
use crate::server::Private;
use crate::{Embedded, Kafka, Redis, Server, archive, assert_whole};

/// How often the program is killed at its work; the variable sets another number.
const ROUNDS: (&str, u32) = ("SERIATIM_CRASH_ROUNDS", 20);

/// How often it is started for a kill that comes in time, on average.
const STARTS_A_KILL_MAX: u32 = 5;

/// How long a run that goes on waits before it believes what is there, and a little.
const SETTLING: Duration = Duration::from_millis(300);

/// After that it is killed in the last three quarters of this time, when it is at work; sooner and sooner
/// where it was done before.
const AT_WORK_AT_FIRST: Duration = Duration::from_millis(800);

/// Entries of the archive: enough for the kills to hit the middle.
pub(crate) const ENTRIES: u64 = 60_000;

/// How long a run waits for a server that is away, in seconds: as long as a busy machine may need to start
/// one again.
pub(crate) const PATIENCE_SECONDS: &str = "300";

pub(crate) fn serialin(archive: &Path, server: &impl Server, topic: &str) -> Program {
    let archive = archive.to_str().expect("a path in UTF-8");
    let to = server.url();
    Program::start([
        "serialin",
        archive,
        "--to",
        &to,
        "--topic",
        topic,
        "--patience",
        PATIENCE_SECONDS,
    ])
}

async fn survives_kills(server: &impl Server) {
    let rounds = std::env::var(ROUNDS.0).map_or(ROUNDS.1, |text| text.parse().expect("a number"));
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), ENTRIES).await;
    let (mut topic, mut address) = server.stream();
    let (mut killed, mut starts) = (0, 0);
    let (mut begun, mut at_work) = (false, AT_WORK_AT_FIRST);
    while killed < rounds {
        assert!(starts < rounds * STARTS_A_KILL_MAX, "{killed} of {starts} kills came in time");
        let mut child = serialin(folder.path(), server, &topic);
        let settling = if begun { SETTLING } else { Duration::ZERO };
        std::thread::sleep(settling + at_work * (25 + starts * 67 % 75) / 100);
        starts += 1;
        if child.status().is_some() {
            // It was done before: the next rounds are at the work on another stream, and come sooner.
            child.await_success();
            assert_exactly_once(&archive, server, &address).await;
            (topic, address) = server.stream();
            (begun, at_work) = (false, at_work * 3 / 4);
            continue;
        }
        child.kill();
        (begun, killed) = (true, killed + 1);
    }
    serialin(folder.path(), server, &topic).await_success();
    assert_exactly_once(&archive, server, &address).await;
}

async fn survives_a_restart(server: &impl Server, private: &Private) {
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), ENTRIES).await;
    let (topic, address) = server.stream();
    let mut child = serialin(folder.path(), server, &topic);
    let begun = Instant::now();
    while records_so_far(server, &address).await < 2000 {
        child.assert_well(begun, "nothing arrives");
    }
    private.crash();
    child.await_success();
    assert_exactly_once(&archive, server, &address).await;
}

/// The topic may not be there yet.
pub(crate) async fn records_so_far(server: &impl Server, address: &StreamAddress) -> u64 {
    use replay::stream::StreamReader;
    use traffic_archive::Sequence;
    let there = StreamReader::open(address, Sequence::FIRST).await.is_ok();
    if there { server.records(address).await } else { 0 }
}

pub(crate) async fn assert_exactly_once(
    archive: &ArchiveReader,
    server: &impl Server,
    address: &StreamAddress,
) {
    assert_whole(archive, address).await;
    assert_eq!(server.records(address).await, ENTRIES, "nothing is there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn serialin_killed_over_and_over_leaves_every_entry_once_in_the_embedded_log() {
    survives_kills(&Embedded::get().expect("always")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serialin_killed_over_and_over_leaves_every_entry_once_in_kafka() {
    let Some(kafka) = Kafka::get() else { return };
    survives_kills(&kafka).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serialin_killed_over_and_over_leaves_every_entry_once_in_redis() {
    let Some(redis) = Redis::get() else { return };
    survives_kills(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_crashes_in_the_middle_costs_and_doubles_nothing() {
    let Some(kafka) = Kafka::own() else { return };
    let Kafka::Own(private) = &kafka else { unreachable!("it is its own") };
    survives_a_restart(&kafka, private).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_crashes_in_the_middle_costs_and_doubles_nothing() {
    let Some(redis) = Redis::own() else { return };
    let Redis::Own(private) = &redis else { unreachable!("it is its own") };
    survives_a_restart(&redis, private).await;
}
