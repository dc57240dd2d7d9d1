use std::fmt::Write as _;

use futures_util::StreamExt as _;
use proptest::prelude::*;
use traffic_archive::{
    ArchiveError, ArchiveReader, Chain, Damage, Fault, Location, SegmentNumber, Sequence,
};

use crate::sample::{Archived, block_on, read_from};

const IN_SEGMENT: u64 = 8;
const ENTRIES: u64 = 24;

fn three_segments() -> Archived {
    Archived::new(ENTRIES, IN_SEGMENT)
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("a test is small")
}

/// Reads everything before the damage, and gives the damage.
#[track_caller]
fn damage(archived: &Archived) -> Damage {
    let (read, error) = archived.read();
    let Some(ArchiveError::Damaged(damage)) = error else { panic!("{error:?}") };
    let before = (damage.segment.get() - 1) * IN_SEGMENT
        + damage.line.map_or(IN_SEGMENT, |line| line - 1).min(IN_SEGMENT);
    let before = if damage.fault == Fault::Missing { before - IN_SEGMENT } else { before };
    assert_eq!(read, (1..=before).collect::<Vec<_>>(), "{damage}");
    assert_eq!(damaged_segments(&archived.location()), [(damage.segment, damage.clone())]);
    damage
}

/// Every segment is checked by itself.
fn damaged_segments(location: &Location) -> Vec<(SegmentNumber, Damage)> {
    block_on(async {
        let reader = ArchiveReader::open(location).await.unwrap();
        let mut damaged = Vec::new();
        for number in reader.manifest().segment_numbers() {
            match reader.check_segment(number).await {
                Ok(()) => {}
                Err(ArchiveError::Damaged(damage)) => damaged.push((number, damage)),
                Err(error) => panic!("{error}"),
            }
        }
        damaged
    })
}

fn found(damage: &Damage) -> (u64, Option<u64>, Fault) {
    (damage.segment.get(), damage.line, damage.fault.clone())
}

/// Makes every line follow from the one before it.
fn chain_anew(lines: &mut [String], mut chain: Chain) {
    for line in lines {
        let end = line.rfind(",\"chain\"").unwrap();
        chain = chain.after(&line.as_bytes()[..end]);
        line.truncate(end);
        let chain = chain.to_string();
        writeln!(line, ",\"chain\":\"{}\"}}", &chain[..16]).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_edited_line_is_named(entry in 0..ENTRIES, place in any::<prop::sample::Index>(), to in 0x20..0x7f_u8) {
        let archived = three_segments();
        let (segment, line) = (entry / IN_SEGMENT + 1, entry % IN_SEGMENT + 1);
        let mut lines = archived.lines(segment);
        let mut bytes = lines[index(line - 1)].clone().into_bytes();
        // Not the sequence number: that makes it another entry.
        let byte = 20 + place.index(bytes.len() - 21);
        prop_assume!(bytes[byte] != to);
        bytes[byte] = to;
        lines[index(line - 1)] = String::from_utf8(bytes).unwrap();
        archived.rewrite(segment, &lines);
        prop_assert_eq!(found(&damage(&archived)), (segment, Some(line), Fault::Edited));
    }

    #[test]
    fn swapped_lines_are_named(one in 0..IN_SEGMENT, other in 0..IN_SEGMENT, segment in 1..=3_u64) {
        prop_assume!(one < other);
        let archived = three_segments();
        let mut lines = archived.lines(segment);
        lines.swap(index(one), index(other));
        archived.rewrite(segment, &lines);
        let first = (segment - 1) * IN_SEGMENT + 1;
        let fault = Fault::OutOfOrder { expected: first + one, found: first + other };
        prop_assert_eq!(found(&damage(&archived)), (segment, Some(one + 1), fault));
    }

    #[test]
    fn a_dropped_line_is_named(entry in 0..ENTRIES) {
        let archived = three_segments();
        let (segment, line) = (entry / IN_SEGMENT + 1, entry % IN_SEGMENT + 1);
        let mut lines = archived.lines(segment);
        lines.remove(index(line - 1));
        archived.rewrite(segment, &lines);
        let fault = if line == IN_SEGMENT {
            Fault::LinesMissing { expected: IN_SEGMENT, found: IN_SEGMENT - 1 }
        } else {
            Fault::OutOfOrder { expected: entry + 1, found: entry + 2 }
        };
        prop_assert_eq!(found(&damage(&archived)), (segment, Some(line), fault));
    }

    #[test]
    fn a_repeated_line_is_named(entry in 0..ENTRIES) {
        let archived = three_segments();
        let (segment, line) = (entry / IN_SEGMENT + 1, entry % IN_SEGMENT + 1);
        let mut lines = archived.lines(segment);
        lines.insert(index(line), lines[index(line - 1)].clone());
        archived.rewrite(segment, &lines);
        let fault = if line == IN_SEGMENT {
            Fault::LinesAdded
        } else {
            Fault::OutOfOrder { expected: entry + 2, found: entry + 1 }
        };
        prop_assert_eq!(found(&damage(&archived)), (segment, Some(line + 1), fault));
    }

    #[test]
    fn a_file_that_is_cut_off_is_named(segment in 1..=3_u64, at in any::<prop::sample::Index>()) {
        let archived = three_segments();
        let file = std::fs::read(archived.segment(segment)).unwrap();
        std::fs::write(archived.segment(segment), &file[..at.index(file.len())]).unwrap();
        let damage = damage(&archived);
        prop_assert_eq!(damage.segment.get(), segment);
        let cut_off = matches!(damage.fault, Fault::CutOff | Fault::LinesMissing { found: 0, .. });
        prop_assert!(cut_off, "{}", damage);
    }

    #[test]
    fn a_flipped_bit_of_a_file_is_found(
        segment in 1..=3_u64, at in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let archived = three_segments();
        let mut file = std::fs::read(archived.segment(segment)).unwrap();
        let byte = at.index(file.len());
        file[byte] ^= 1 << bit;
        std::fs::write(archived.segment(segment), file).unwrap();
        prop_assert_eq!(damage(&archived).segment.get(), segment);
    }
}

#[test]
fn lines_that_were_edited_and_chained_anew_are_found() {
    let archived = three_segments();
    let mut lines = archived.lines(1);
    lines[3] = lines[3].replace("\"order\\\":4", "\"order\\\":5");
    chain_anew(&mut lines, Chain::START);
    archived.rewrite(1, &lines);
    assert_eq!(found_by_check(&archived), [(1, None, Fault::Rechained)]);
}

/// Who reads believes a file whose hash is the manifest's; who checks goes through its chain all the same.
#[test]
fn a_line_that_was_edited_in_a_file_that_the_manifest_vouches_for_is_named_by_a_check() {
    let archived = three_segments();
    let before = archived.sha256(2);
    let mut lines = archived.lines(2);
    lines[3] = lines[3].replace("\"POST\"", "\"HEAD\"");
    archived.rewrite(2, &lines);
    let path = archived.path().join("manifest.json");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, manifest.replace(&before, &archived.sha256(2))).unwrap();
    assert_eq!(found_by_check(&archived), [(2, Some(4), Fault::Edited)]);
    let (read, error) = read_from(&archived.location(), Sequence::FIRST);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(read[11].exchange.method, "HEAD");
    let checked = block_on(async {
        let reader = ArchiveReader::open(&archived.location()).await.unwrap();
        reader.checked_entries(Sequence::FIRST).collect::<Vec<_>>().await
    });
    let Some(Err(ArchiveError::Damaged(damage))) = checked.last() else { panic!("{checked:?}") };
    assert_eq!((checked.len(), found(damage)), (12, (2, Some(4), Fault::Edited)));
}

#[test]
fn a_sequence_number_that_was_edited_and_chained_anew_is_named() {
    let archived = three_segments();
    let mut lines = archived.lines(1);
    lines[3] = lines[3].replace("\"sequence\":4", "\"sequence\":9");
    chain_anew(&mut lines, Chain::START);
    archived.rewrite(1, &lines);
    let fault = Fault::OutOfOrder { expected: 4, found: 9 };
    assert_eq!(found(&damage(&archived)), (1, Some(4), fault));
}

#[test]
fn a_line_that_is_no_entry_but_chained_is_named() {
    let archived = three_segments();
    let mut lines = archived.lines(1);
    lines[3] = lines[3].replace("\"method\"", "\"meth0d\"");
    chain_anew(&mut lines, Chain::START);
    archived.rewrite(1, &lines);
    let damage = damage(&archived);
    assert!(matches!(damage.fault, Fault::NotAnEntry(_)), "{damage}");
    assert_eq!((damage.segment.get(), damage.line), (1, Some(4)));
}

#[test]
fn swapped_segments_are_found() {
    let archived = three_segments();
    let aside = archived.path().join("aside");
    std::fs::rename(archived.segment(2), &aside).unwrap();
    std::fs::rename(archived.segment(3), archived.segment(2)).unwrap();
    std::fs::rename(aside, archived.segment(3)).unwrap();
    assert_eq!(
        found_by_check(&archived),
        [
            (2, Some(1), Fault::OutOfOrder { expected: 9, found: 17 }),
            (3, Some(1), Fault::OutOfOrder { expected: 17, found: 9 }),
        ]
    );
    assert_eq!(archived.read().0, (1..=8).collect::<Vec<_>>());
}

#[test]
fn a_missing_segment_is_found() {
    let archived = three_segments();
    std::fs::remove_file(archived.segment(2)).unwrap();
    assert_eq!(found(&damage(&archived)), (2, None, Fault::Missing));
}

#[test]
fn a_file_that_was_compressed_anew_is_found_though_its_lines_are_whole() {
    let archived = three_segments();
    archived.rewrite(2, &archived.lines(2));
    assert_eq!(found(&damage(&archived)), (2, None, Fault::FileChanged));
}

#[test]
fn an_edited_manifest_is_found() {
    for (from, to) in [
        ("\"entries\": 24", "\"entries\": 23"),
        ("\"entries\": 8", "\"entries\": 7"),
        ("\"first\": 9", "\"first\": 10"),
        ("segment-000002", "segment-000003"),
        ("\"version\": 1", "\"version\": 2"),
        ("\"chain\": \"", "\"chain\": \"z"),
        ("\"earliest\": \"2023", "\"earliest\": \"2022"),
    ] {
        let archived = three_segments();
        let path = archived.path().join("manifest.json");
        let manifest = std::fs::read_to_string(&path).unwrap();
        assert!(manifest.contains(from), "{from} in {manifest}");
        std::fs::write(&path, manifest.replacen(from, to, 1)).unwrap();
        let (read, error) = archived.read();
        assert!(read.is_empty(), "{to}");
        assert!(matches!(error, Some(ArchiveError::Manifest { .. })), "{to}: {error:?}");
    }
}

fn found_by_check(archived: &Archived) -> Vec<(u64, Option<u64>, Fault)> {
    let damaged = damaged_segments(&archived.location());
    damaged.into_iter().map(|(number, damage)| (number.get(), damage.line, damage.fault)).collect()
}
