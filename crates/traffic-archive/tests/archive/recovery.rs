use std::time::Duration;

use proptest::prelude::*;
use traffic_archive::{ArchiveError, ArchiveReader, ArchiveWriter, WriterSettings};

use crate::sample::{Archived, block_on, order, settings};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// What a killed writer leaves: whole segments that the manifest names, and behind them
    /// anything.
    #[test]
    fn a_killed_writer_is_continued_without_gap_or_repetition(
        segment_bytes in 100..3000_u64,
        killed_after in prop::collection::vec(0..40_u64, 1..4),
        left in prop::option::of(prop::collection::vec(any::<u8>(), 0..100)),
    ) {
        let archived = Archived::new(0, 1);
        let location = archived.location();
        for entries in killed_after {
            block_on(async {
                let mut writer =
                    ArchiveWriter::resume(&location, settings(segment_bytes)).await.unwrap();
                let first = writer.next().get();
                for number in first..first + entries {
                    writer.append(order(number)).await.unwrap();
                }
                drop(writer);
            });
            let (read, error) = archived.read();
            prop_assert!(error.is_none(), "{error:?}");
            let manifest = block_on(ArchiveReader::open(&location)).unwrap().manifest().clone();
            prop_assert!(!manifest.finished);
            prop_assert_eq!(manifest.entries, read.len() as u64);
            if let Some(left) = &left {
                let segment = archived.segment(manifest.segments.len() as u64 + 1);
                std::fs::write(segment, left).unwrap();
            }
        }
        let total = block_on(async {
            let mut writer =
                ArchiveWriter::resume(&location, settings(segment_bytes)).await.unwrap();
            let next = writer.next().get();
            writer.append(order(next)).await.unwrap();
            writer.finish().await.unwrap().entries
        });
        let (read, error) = archived.read();
        prop_assert!(error.is_none(), "{error:?}");
        prop_assert_eq!(read, (1..=total).collect::<Vec<_>>());
    }
}

#[test]
fn what_a_killed_writer_had_not_put_in_place_is_removed() {
    let archived = Archived::new(1, 1);
    for name in ["manifest.json#1", "segment-000002.jsonl.zst#12", "mine#1", "segment-x"] {
        std::fs::write(archived.path().join(name), "half").unwrap();
    }
    let resumed = block_on(async {
        let location = archived.location();
        ArchiveWriter::resume(&location, WriterSettings::default()).await.unwrap().finish().await
    });
    assert_eq!(resumed.unwrap().entries, 1);
    let files = std::fs::read_dir(archived.path()).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["manifest.json", "mine#1", "segment-000001.jsonl.zst", "segment-x"]);
}

#[test]
fn a_second_writer_is_refused_while_the_first_is_at_work() {
    let archived = Archived::new(1, 1);
    let location = archived.location();
    block_on(async {
        let first = ArchiveWriter::resume(&location, WriterSettings::default()).await.unwrap();
        let second = ArchiveWriter::resume(&location, WriterSettings::default()).await.err();
        assert!(matches!(second, Some(ArchiveError::InUse { .. })), "{second:?}");
        let other = ArchiveWriter::create(&location, WriterSettings::default()).await.err();
        assert!(matches!(other, Some(ArchiveError::InUse { .. })), "{other:?}");
        first.finish().await.unwrap();
        let third = ArchiveWriter::resume(&location, WriterSettings::default()).await.unwrap();
        third.finish().await.unwrap();
    });
    assert_eq!(archived.read().0, [1]);
}

#[test]
fn a_segment_ends_by_age_though_nothing_more_comes() {
    let archived = Archived::new(0, 1);
    let location = archived.location();
    block_on(async {
        let settings =
            WriterSettings { segment_age: Duration::from_millis(20), ..WriterSettings::default() };
        let mut writer = ArchiveWriter::resume(&location, settings).await.unwrap();
        writer.append(order(1)).await.unwrap();
        loop {
            let reader = ArchiveReader::open(&location).await.unwrap();
            if reader.manifest().entries == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(writer);
    });
    assert_eq!(archived.read().0, [1]);
}

#[test]
fn what_was_flushed_is_there_at_once() {
    let archived = Archived::new(0, 1);
    block_on(async {
        let mut writer =
            ArchiveWriter::resume(&archived.location(), WriterSettings::default()).await.unwrap();
        writer.append(order(1)).await.unwrap();
        writer.flush().await.unwrap();
        let reader = ArchiveReader::open(&archived.location()).await.unwrap();
        assert_eq!(reader.manifest().entries, 1);
        drop(writer);
    });
}

#[test]
fn a_writer_whose_folder_is_gone_fails_for_good() {
    let archived = Archived::new(0, 1);
    block_on(async {
        let mut writer =
            ArchiveWriter::resume(&archived.location(), WriterSettings::default()).await.unwrap();
        std::fs::remove_dir_all(archived.path()).unwrap();
        std::fs::write(archived.path(), "no folder").unwrap();
        writer.append(order(1)).await.unwrap();
        assert!(writer.flush().await.is_err());
        assert!(writer.flush().await.is_err());
        std::fs::remove_file(archived.path()).unwrap();
    });
}
