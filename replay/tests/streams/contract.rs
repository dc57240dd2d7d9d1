//! What every stream must do.

use std::process::Command;

use replay::source::SourceLocation;
use replay::stream::{StreamError, StreamReader, StreamTarget, TargetSettings};
use tempfile::tempdir;
use traffic_archive::{ArchiveReader, Line, Location, Sequence};

use crate::{Embedded, Kafka, Redis, Server, archive, assert_whole, copy};

/// The suite as tests over one server.
macro_rules! suite {
    ($module:ident, $server:ident: $($test:ident),* $(,)?) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    let Some(server) = super::$server::get() else { return };
                    super::$test(&server).await;
                }
            )*
        }
    };
    ($($module:ident $server:ident),*) => {
        $(suite!($module, $server:
            every_entry_is_there_once_and_in_order,
            a_second_run_appends_nothing,
            a_stream_cut_short_is_gone_on_with,
            a_reader_begins_anywhere,
            a_gap_at_the_end_is_told,
            another_archive_is_refused,
            a_shorter_archive_is_refused,
            an_empty_stream_is_told,
            a_dump_is_the_archive_that_was_put_in,
        );)*
    };
}

suite!(embedded Embedded, kafka Kafka, redis_streams Redis);

async fn every_entry_is_there_once_and_in_order(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), 3000).await;
    let (_, address) = server.stream();
    let summary = copy(&archive, &address).await.expect("it is copied");
    assert_eq!((summary.there_before, summary.appended), (0, 3000));
    assert!(summary.complete);
    assert_whole(&archive, &address).await;
    assert_eq!(server.records(&address).await, 3000);
}

async fn a_second_run_appends_nothing(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), 500).await;
    let (_, address) = server.stream();
    copy(&archive, &address).await.expect("it is copied");
    let summary = copy(&archive, &address).await.expect("nothing to do");
    assert_eq!((summary.there_before, summary.appended, summary.complete), (500, 0, true));
    assert_eq!(server.records(&address).await, 500);
}

async fn a_stream_cut_short_is_gone_on_with(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), 2000).await;
    let (_, address) = server.stream();
    for end in [1, 37, 1200, 1201] {
        append(&archive, &address, end).await;
        assert_eq!(server.records(&address).await, end);
    }
    let summary = copy(&archive, &address).await.expect("the rest");
    assert_eq!((summary.there_before, summary.appended), (1201, 799));
    assert_whole(&archive, &address).await;
    assert_eq!(server.records(&address).await, 2000);
}

async fn a_reader_begins_anywhere(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), 700).await;
    let (_, address) = server.stream();
    copy(&archive, &address).await.expect("it is copied");
    for from in [1, 2, 350, 699, 700, 701] {
        let from = Sequence::new(from).expect("not 0");
        let location: SourceLocation = address.to_string().parse().expect("a source");
        let mut source = location.open(from).await.expect("the source opens");
        assert_eq!(source.last(), archive.manifest().last());
        let mut expected = from.get();
        while let Some(batch) = source.next_batch().await {
            for entry in batch.expect("entries") {
                assert_eq!(entry.sequence.get(), expected);
                expected += 1;
            }
        }
        assert_eq!(expected, 701);
    }
}

async fn a_gap_at_the_end_is_told(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), 300).await;
    let (_, address) = server.stream();
    // One partition is ahead, as a writer leaves it whose other partitions were slower.
    let ahead = |key: &[u8]| event_log::partition_of_key(key, 8).0 == 0;
    let mut target = open(&archive, &address).await;
    let mut lines = archive.lines(Sequence::FIRST);
    while let Some(line) = lines.next().await {
        let line = line.expect("a line");
        if line.sequence.get() <= 100 || ahead(&line.key) {
            target.append(vec![line]).await.expect("an append");
        }
    }
    let finished = target.finish().await;
    if server.url().starts_with("redis") {
        // There no gap is made in the first place.
        let error = finished.expect_err("a gap");
        assert!(matches!(error, StreamError::Missing { .. }), "{error}");
        return;
    }
    finished.expect("it is written");
    let mut reader = StreamReader::open(&address, Sequence::FIRST).await.expect("it opens");
    let mut count = 0;
    let error = loop {
        match reader.next_batch(64).await.expect("the gap comes before the end") {
            Ok(batch) => count += batch.len(),
            Err(error) => break error,
        }
    };
    assert!(count >= 100, "{count}");
    assert!(matches!(error, StreamError::Missing { .. }), "{error}");
    copy(&archive, &address).await.expect("the gap is filled");
    assert_whole(&archive, &address).await;
}

async fn another_archive_is_refused(server: &impl Server) {
    let (one, other) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    let (one, other) = (archive(one.path(), 50).await, archive(other.path(), 50).await);
    let (_, address) = server.stream();
    copy(&one, &address).await.expect("it is copied");
    let error = copy(&other, &address).await.expect_err("a stream holds one archive");
    let error = error.downcast::<StreamError>().expect("a stream's error");
    assert!(matches!(error, StreamError::OtherArchive { .. }), "{error}");
    assert_whole(&one, &address).await;
}

async fn a_shorter_archive_is_refused(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let long = archive(folder.path(), 50).await;
    let (_, address) = server.stream();
    copy(&long, &address).await.expect("it is copied");
    let copied = tempdir().expect("a folder");
    let manifest = std::fs::read_to_string(folder.path().join("manifest.json")).expect("JSON");
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let empty = tempdir().expect("a folder");
    let short = archive(empty.path(), 0).await;
    let json = std::fs::read_to_string(empty.path().join("manifest.json")).expect("JSON");
    let mut json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    json["archiveId"] = manifest["archiveId"].take();
    std::fs::write(copied.path().join("manifest.json"), json.to_string()).expect("written");
    let location = Location::folder(copied.path());
    drop(short);
    let short = ArchiveReader::open(&location).await.expect("it opens");
    let error = copy(&short, &address).await.expect_err("the stream has more");
    let error = error.downcast::<StreamError>().expect("a stream's error");
    assert!(matches!(error, StreamError::BeyondArchive { .. }), "{error}");
}

async fn an_empty_stream_is_told(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let archive = archive(folder.path(), 0).await;
    let (_, address) = server.stream();
    copy(&archive, &address).await.expect("nothing is copied");
    let error = StreamReader::open(&address, Sequence::FIRST).await.err();
    assert!(matches!(error, Some(StreamError::Empty { .. })), "{error:?}");
}

async fn open(archive: &ArchiveReader, address: &replay::stream::StreamAddress) -> StreamTarget {
    let id = archive.manifest().archive_id;
    StreamTarget::open(address, id, TargetSettings::default()).await.expect("the target opens")
}

/// Appends the entries up to `end`, inclusive, and stops.
async fn append(archive: &ArchiveReader, address: &replay::stream::StreamAddress, end: u64) {
    let mut target = open(archive, address).await;
    let mut lines = archive.lines(target.resume_from());
    while let Some(line) = lines.next().await {
        let line: Line = line.expect("a line");
        if line.sequence.get() > end {
            break;
        }
        target.append(vec![line]).await.expect("an append");
    }
    target.finish().await.expect("it is written");
}

async fn a_dump_is_the_archive_that_was_put_in(server: &impl Server) {
    let folder = tempdir().expect("a folder");
    let archive = archive(&folder.path().join("a"), 500).await;
    let (topic, address) = server.stream();
    copy(&archive, &address).await.expect("it is copied");
    let stretch = ["--first-entry", "101", "--last-entry", "300"];
    for (name, flags, entries) in [("whole", &[][..], 500), ("part", &stretch[..], 200)] {
        let place = folder.path().join(name);
        let output = Command::new(env!("CARGO_BIN_EXE_replay"))
            .args(["dump", "--from", &server.url(), "--topic", &topic, "--archive"])
            .arg(&place)
            .args(flags)
            .output()
            .expect("replay runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let dumped = ArchiveReader::open(&Location::folder(&place)).await.expect("it opens");
        assert_eq!(dumped.manifest().entries, entries);
        let same = dumped.manifest().chain == archive.manifest().chain;
        assert_eq!(same, flags.is_empty(), "{name}");
    }
}
