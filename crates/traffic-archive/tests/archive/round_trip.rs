use futures_util::StreamExt as _;
use jiff::Timestamp;
use proptest::prelude::*;
use traffic_archive::{
    ArchiveError, ArchiveReader, ArchiveWriter, Entry, Exchange, LINE_BYTES_MAX, Location,
    Sequence, WriterSettings,
};

use crate::sample::{Archived, block_on, exchange, order, read_from, settings, write};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_written_is_read_from_any_place_on(
        all in prop::collection::vec(exchange(), 0..60),
        segment_bytes in 1..4000_u64,
        from in 1..70_u64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::folder(folder.path());
        let from = Sequence::new(from).unwrap();
        let manifest = block_on(write(&location, settings(segment_bytes), &all));
        prop_assert!(manifest.finished);
        prop_assert_eq!(manifest.entries, all.len() as u64);
        let times = all.iter().map(|exchange| exchange.at);
        let span = manifest.span.map(|span| (span.earliest, span.latest));
        prop_assert_eq!(span, times.clone().min().zip(times.max()));

        let expected: Vec<Entry> = (1..).zip(&all).skip_while(|(n, _)| *n < from.get())
            .map(|(n, exchange)| Entry {
                sequence: Sequence::new(n).unwrap(),
                exchange: exchange.clone(),
            })
            .collect();
        let (read, error) = read_from(&location, from);
        prop_assert!(error.is_none(), "{error:?}");
        prop_assert_eq!(&read, &expected);

        let lines: Vec<_> = block_on(async {
            let reader = ArchiveReader::open(&location).await.unwrap();
            reader.lines(from).map(Result::unwrap).collect().await
        });
        prop_assert_eq!(lines.len(), expected.len());
        for (line, entry) in lines.iter().zip(&expected) {
            prop_assert_eq!(&Entry::from_json(&line.json).unwrap(), entry);
            let mut json = Vec::new();
            entry.write_json(&mut json);
            prop_assert_eq!(&json, &line.json);
            prop_assert_eq!((line.sequence, &line.key[..]), (entry.sequence, entry.exchange.key.as_bytes()));
        }
    }

    #[test]
    fn the_chain_is_the_same_for_the_same_lines_in_whatever_segments(
        all in prop::collection::vec(exchange(), 1..40),
        (one, other) in (1..4000_u64, 1..4000_u64),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let location = |name| Location::folder(folder.path().join(name));
        let (one, other) = block_on(async {
            let one = write(&location("one"), settings(one), &all).await;
            (one, write(&location("other"), settings(other), &all).await)
        });
        prop_assert_eq!(one.chain, other.chain);
        prop_assert_ne!(one.archive_id, other.archive_id);
    }
}

#[test]
fn times_are_kept_to_the_microsecond() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(folder.path());
    let at: Timestamp = "2026-11-21T12:00:00.123456789Z".parse().unwrap();
    block_on(write(&location, WriterSettings::default(), &[Exchange::new(at, "GET", "/")]));
    let (read, _) = read_from(&location, Sequence::FIRST);
    assert_eq!(read[0].exchange.at, "2026-11-21T12:00:00.123456Z".parse().unwrap());
}

#[test]
fn an_archive_is_not_begun_twice() {
    let archived = Archived::new(1, 1);
    let location = archived.location();
    let again = block_on(ArchiveWriter::create(&location, WriterSettings::default()));
    assert!(matches!(again, Err(ArchiveError::AlreadyExists { .. })));
    assert_eq!(archived.read().0, [1]);
}

#[test]
fn where_nothing_is_nothing_is_made_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let location = Location::folder(&path);
        let (_, error) = read_from(&location, Sequence::FIRST);
        assert!(matches!(error, Some(ArchiveError::NotFound { .. })), "{error:?}");
    }
    assert!(!folder.path().join("none").exists());
}

#[test]
fn an_entry_that_is_too_long_is_refused_and_the_next_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(folder.path());
    block_on(async {
        let mut writer = ArchiveWriter::create(&location, WriterSettings::default()).await.unwrap();
        let mut long = order(1);
        long.body = "\u{1}".repeat(LINE_BYTES_MAX / 6).into();
        let refused = writer.append(long).await;
        assert!(matches!(refused, Err(ArchiveError::EntryTooLong { .. })), "{refused:?}");
        let mut fits = order(1);
        fits.body = "a".repeat(LINE_BYTES_MAX - 1000).into();
        assert_eq!(writer.append(fits).await.unwrap(), Sequence::FIRST);
        assert_eq!(writer.append(order(2)).await.unwrap().get(), 2);
        writer.finish().await.unwrap();
    });
    let (read, error) = read_from(&location, Sequence::FIRST);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(read.len(), 2);
}

#[test]
fn a_reader_may_be_dropped_early() {
    let archived = Archived::new(3000, 700);
    block_on(async {
        let reader = ArchiveReader::open(&archived.location()).await.unwrap();
        let mut entries = reader.entries(Sequence::FIRST);
        assert_eq!(entries.next().await.unwrap().unwrap().sequence.get(), 1);
        drop(entries);
        // Again, from elsewhere.
        let mut entries = reader.entries(Sequence::new(2999).unwrap());
        assert_eq!(entries.next().await.unwrap().unwrap().sequence.get(), 2999);
    });
}
