//! Ctrl-C in the middle: what was done stays, and the work can go on.

use std::time::{Duration, Instant};

use tempfile::tempdir;
use traffic_archive::{ArchiveReader, Location, Sequence};

use crate::crash::{ENTRIES, assert_exactly_once, records_so_far, serialin};
use crate::program::Program;
use crate::{Embedded, Server, archive, copy};

/// That it was not done is told by code 1. On a fast machine it was.
fn interrupt(mut program: Program) {
    program.interrupt();
    let status = program.await_end();
    assert!(matches!(status.code(), Some(0 | 1)), "{status}: {}", program.errors());
}

#[tokio::test(flavor = "multi_thread")]
async fn serialin_goes_on_where_it_was_interrupted() {
    let server = Embedded::get().expect("always");
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), ENTRIES).await;
    let (topic, address) = server.stream();
    let mut child = serialin(folder.path(), &server, &topic);
    let begun = Instant::now();
    while records_so_far(&server, &address).await < 2000 {
        child.assert_well(begun, "nothing arrives");
    }
    interrupt(child);
    serialin(folder.path(), &server, &topic).await_success();
    assert_exactly_once(&archive, &server, &address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_dump_is_a_whole_archive_of_the_beginning() {
    let server = Embedded::get().expect("always");
    let folder = tempdir().expect("a folder");
    let archive = archive(&folder.path().join("a"), ENTRIES).await;
    let (topic, address) = server.stream();
    copy(&archive, &address).await.expect("it is copied");
    let dumped = folder.path().join("b");
    let (from, to) = (server.url(), dumped.to_str().expect("a path in UTF-8"));
    let mut child = Program::start(["dump", "--from", &from, "--topic", &topic, "--archive", to]);
    let begun = Instant::now();
    while !dumped.join("manifest.json").exists() {
        child.assert_well(begun, "it does not begin");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    interrupt(child);
    let dump = ArchiveReader::open(&Location::folder(&dumped)).await.expect("it opens");
    assert!(dump.manifest().finished);
    let (mut expected, mut found) =
        (archive.entries(Sequence::FIRST), dump.entries(Sequence::FIRST));
    while let Some(entry) = found.next().await {
        let recorded = expected.next().await.expect("no more than there are");
        assert_eq!(entry.expect("an entry"), recorded.expect("an entry"));
    }
}
