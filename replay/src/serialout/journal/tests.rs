//! What a run that goes on is told.

use super::*;

fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap()
}

fn in_doubt(journal: &Journal) -> Vec<u64> {
    journal.in_doubt().map(Sequence::get).collect()
}

#[test]
fn a_run_goes_on_where_its_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let archive = ArchiveId::random();
    let mut journal = Journal::open(&path, archive, sequence(3)).unwrap();
    let run = journal.run();
    for number in 3..=6 {
        journal.note_sent(sequence(number));
    }
    journal.note_done(sequence(3));
    journal.note_done(sequence(5));
    journal.commit().unwrap();
    drop(journal);

    let journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
    assert_eq!(journal.run(), run);
    assert_eq!(journal.done().next(), sequence(4));
    assert!(journal.done().contains(sequence(5)));
    assert_eq!(in_doubt(&journal), [4, 6]);
}

#[test]
fn whatever_of_the_last_write_arrived_is_a_state_that_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let archive = ArchiveId::random();
    let mut journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
    let first_line = fs::read(&path).unwrap().len();
    journal.note_sent(sequence(10));
    journal.note_done(sequence(10));
    journal.note_sent(sequence(11));
    journal.commit().unwrap();
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for length in first_line..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
        let lines = whole[first_line..length].split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(in_doubt(&journal), if lines == 1 { vec![10] } else { vec![] });
        assert_eq!(journal.done().contains(sequence(10)), lines == 2);
    }
}

#[test]
fn a_file_of_another_archive_or_of_another_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let archive = ArchiveId::random();
    let journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
    let second = Journal::open(&path, archive, Sequence::FIRST);
    assert!(matches!(second, Err(StateError::InUse { .. })));
    drop(journal);
    let other = Journal::open(&path, ArchiveId::random(), Sequence::FIRST);
    assert!(matches!(other, Err(StateError::OtherArchive { .. })));
}

#[test]
fn a_file_that_no_run_has_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let archive = ArchiveId::random();
    drop(Journal::open(&path, archive, Sequence::FIRST).unwrap());
    let first_line = fs::read_to_string(&path).unwrap();
    for damaged in [
        String::new(),
        "something else\n".to_owned(),
        first_line.replace("\"version\":1", "\"version\":2"),
        first_line.replace("\"done\":[]", "\"done\":[18446744073709551615]"),
        format!("{first_line}*5\n"),
        format!("{first_line}-0\n"),
        format!("{first_line}-9000000000000000000\n"),
    ] {
        fs::write(&path, &damaged).unwrap();
        let opened = Journal::open(&path, archive, Sequence::FIRST);
        assert!(matches!(opened, Err(StateError::Unreadable { .. })), "{damaged}");
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged, "it stays for whoever looks why");
    }
}

#[test]
fn what_was_not_committed_is_not_told_at_the_end_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let archive = ArchiveId::random();
    let mut journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
    journal.note_sent(sequence(1));
    journal.commit().unwrap();
    journal.note_done(sequence(1));
    journal.checkpoint().unwrap();
    assert_eq!((journal.done().next(), in_doubt(&journal)), (sequence(1), vec![1]));
    drop(journal);
    let journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
    assert_eq!((journal.done().next(), in_doubt(&journal)), (sequence(1), vec![1]));
}

#[test]
fn a_file_that_is_written_anew_tells_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let archive = ArchiveId::random();
    let mut journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
    journal.note_sent(sequence(1));
    journal.note_sent(sequence(2));
    journal.note_done(sequence(2));
    journal.commit().unwrap();
    journal.checkpoint().unwrap();
    journal.note_done(sequence(1));
    journal.note_sent(sequence(3));
    journal.commit().unwrap();
    drop(journal);
    let journal = Journal::open(&path, archive, Sequence::FIRST).unwrap();
    assert_eq!((journal.done().next(), in_doubt(&journal)), (sequence(3), vec![3]));
}
