//! Two writers of one archive in an object store. (Those of a folder are in `tests/archive/recovery.rs`,
//! those of a real S3 server in `replay`'s tests.)

use std::sync::Arc;

use jiff::Timestamp;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use super::odd_store::{Manner, OddStore};
use super::*;
use crate::{ArchiveId, ArchiveReader, ArchiveWriter, Exchange, Sequence, WriterSettings};

/// An archive that several writers reach.
struct Shared(Arc<OddStore>);

impl Shared {
    fn new(manner: Manner) -> Self {
        Self(OddStore::new(manner))
    }

    fn store(&self) -> Store {
        Store { objects: self.0.clone(), location: "s3://a/b".into(), conditions: true }
    }

    async fn create(&self) -> Result<ArchiveWriter, ArchiveError> {
        let manifest = Manifest::empty(ArchiveId::random());
        let (claim, manifest) = Claim::create(self.store(), None, manifest).await?;
        Ok(ArchiveWriter::start(claim, manifest, WriterSettings::default()))
    }

    async fn take_over(&self) -> Result<ArchiveWriter, ArchiveError> {
        let found = Found::in_store(&self.store()).await?;
        let (claim, manifest) = Claim::take_over(self.store(), None, found).await?;
        Ok(ArchiveWriter::start(claim, manifest, WriterSettings::default()))
    }

    /// The paths of all entries; every segment is as its manifest says.
    async fn read(&self) -> Vec<String> {
        let reader = ArchiveReader::of(self.store()).await.unwrap();
        for number in reader.manifest().segment_numbers() {
            reader.check_segment(number).await.unwrap();
        }
        let mut entries = reader.entries(Sequence::FIRST);
        let mut paths = Vec::new();
        while let Some(entry) = entries.next().await {
            paths.push(entry.unwrap().exchange.path);
        }
        paths
    }
}

/// Makes an entry durable.
async fn write(writer: &mut ArchiveWriter, path: &str) -> Result<(), ArchiveError> {
    writer.append(Exchange::new(Timestamp::UNIX_EPOCH, "GET", path)).await?;
    writer.flush().await
}

#[tokio::test]
async fn who_is_taken_over_is_refused_and_has_harmed_nothing() {
    let shared = Shared::new(Manner::Proper);
    let mut first = shared.create().await.unwrap();
    write(&mut first, "/1").await.unwrap();
    let mut second = shared.take_over().await.unwrap();
    // Its segment comes before that of the second, and under the same name.
    let refused = write(&mut first, "/2 of the first").await;
    assert!(matches!(refused, Err(ArchiveError::TakenOver { .. })), "{refused:?}");
    write(&mut second, "/2").await.unwrap();
    write(&mut second, "/3").await.unwrap();
    let manifest = second.finish().await.unwrap();
    assert!(manifest.finished);
    let files: Vec<_> = manifest.segments.iter().map(|segment| segment.file.as_str()).collect();
    let number = SegmentNumber(2);
    let own = number.file_name_of(manifest.writer.unwrap());
    assert_eq!(files, ["segment-000001.jsonl.zst", &own, "segment-000003.jsonl.zst"]);
    assert_eq!(shared.read().await, ["/1", "/2", "/3"]);
}

#[tokio::test]
async fn what_the_first_had_under_way_does_not_replace_what_the_second_has_written() {
    let shared = Shared::new(Manner::Proper);
    let mut first = shared.create().await.unwrap();
    let mut second = shared.take_over().await.unwrap();
    write(&mut second, "/1").await.unwrap();
    assert!(write(&mut first, "/1 of the first").await.is_err());
    write(&mut second, "/2").await.unwrap();
    drop(second);
    assert_eq!(shared.read().await, ["/1", "/2"]);
}

#[tokio::test]
async fn an_archive_is_begun_once() {
    for manner in [Manner::Proper, Manner::Heedless, Manner::Unable] {
        let shared = Shared::new(manner);
        drop(shared.create().await.unwrap());
        let again = shared.create().await.err();
        // Who takes no notice of a condition can't keep a second one from beginning.
        let heedless = matches!(manner, Manner::Heedless);
        let exists = matches!(again, Some(ArchiveError::AlreadyExists { .. }));
        assert_eq!(exists, !heedless, "{manner:?}: {again:?}");
    }
}

/// Whatever comes between: all that somebody was told to be durable is there, once and in his order.
#[tokio::test(flavor = "multi_thread")]
async fn writers_that_fight_for_an_archive_leave_it_whole() {
    let shared = Arc::new(Shared::new(Manner::Proper));
    drop(shared.create().await.unwrap());
    let fighters = (0..4).map(|fighter| {
        let shared = shared.clone();
        tokio::spawn(async move {
            let mut durable = Vec::new();
            for round in 0..25 {
                // Of two that take over at once, one is refused.
                let Ok(mut writer) = shared.take_over().await else { continue };
                for number in 0..4 {
                    let path = format!("/{fighter}/{round}/{number}");
                    match write(&mut writer, &path).await {
                        Ok(()) => durable.push(path),
                        Err(ArchiveError::TakenOver { .. }) => break,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            durable
        })
    });
    let fighters: Vec<_> = fighters.collect();
    let mut durable = Vec::new();
    for fighter in fighters {
        durable.push(fighter.await.unwrap());
    }
    let read = shared.read().await;
    assert_eq!(read.len(), durable.iter().map(Vec::len).sum::<usize>());
    for (fighter, durable) in durable.into_iter().enumerate() {
        let begin = format!("/{fighter}/");
        let of_his: Vec<_> = read.iter().filter(|path| path.starts_with(&begin)).collect();
        assert_eq!(of_his, durable.iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_lost_answer_is_neither_a_loss_nor_another_writer() {
    for every in 1..5 {
        let shared = Shared::new(Manner::LosesAnswers(every));
        let mut expected = Vec::new();
        // It is there, though its maker may not know.
        drop(shared.create().await);
        for round in 0..4 {
            let mut writer = shared.take_over().await.unwrap();
            for number in 0..4 {
                let path = format!("/{round}/{number}");
                write(&mut writer, &path).await.unwrap();
                expected.push(path);
            }
            writer.finish().await.unwrap();
        }
        assert_eq!(shared.read().await, expected, "of every {every} answers one is lost");
    }
}

#[tokio::test]
async fn where_there_are_no_conditions_an_archive_is_written_without() {
    for manner in [Manner::Heedless, Manner::Unable] {
        let shared = Shared::new(manner);
        let mut first = shared.create().await.unwrap();
        write(&mut first, "/1").await.unwrap();
        let mut second = shared.take_over().await.unwrap();
        write(&mut second, "/2").await.unwrap();
        second.finish().await.unwrap();
        assert_eq!(shared.read().await, ["/1", "/2"]);
        // Nobody is kept away, as the warning says.
        write(&mut first, "/2 of the first").await.unwrap();
    }
}

#[tokio::test]
async fn a_store_that_fails_is_no_store_without_conditions() {
    let shared = Shared::new(Manner::Full);
    let failed = shared.create().await.err();
    assert!(matches!(failed, Some(ArchiveError::Store { .. })), "{failed:?}");
    let read = shared.0.get(&Path::from(FILE_NAME)).await;
    assert!(matches!(read, Err(Error::NotFound { .. })));
}
