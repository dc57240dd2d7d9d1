//! The state file: how far a run got, so that it can go on after whatever ended it.
//!
//! ```text
//! {"version":1,"archive":"<uuid>","run":"<uuid>","next":5,"done":[7],"sent":[5,6]}
//! +8
//! -5
//! ```
//!
//! The first line tells which archive it is of, the lowest entry that is not done, those above it
//! that are, and those that were sent and are not done. Then `+8` is written before entry 8 is sent
//! for the first time, and `-5` after entry 5 is done. A last line without its end is one whose
//! writing was cut off: what it would have told had not happened yet.
//!
//! Lines are handed to the system before what they announce happens, so they outlast the process,
//! however it ends. They are forced to the disk when the file is written anew (every
//! [`JOURNAL_BYTES_MAX`] and at the end): should the machine itself fail, the file may tell less.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use traffic_archive::{ArchiveId, Sequence};
use uuid::Uuid;

use super::done::Done;

/// When the file is written anew, in bytes behind its first line.
const JOURNAL_BYTES_MAX: usize = 8 << 20;

const VERSION: u32 = 1;

/// Why a run can't go on from a state file.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// It is not what a run writes.
    #[error("{path} is no state of a run: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is of another archive.
    #[error("{path} is the state of a run of archive {found}, not of {expected}")]
    OtherArchive {
        /// The file.
        path: PathBuf,
        /// What it is of.
        found: Uuid,
        /// What is to be sent.
        expected: Uuid,
    },
    /// Another run holds it.
    #[error("{path} is in use by another run")]
    InUse {
        /// The file.
        path: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u32,
    archive: ArchiveId,
    run: Uuid,
    next: Sequence,
    done: Vec<Sequence>,
    sent: Vec<Sequence>,
}

/// Writes the state file as a run goes on.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    archive: ArchiveId,
    run: Uuid,
    done: Done,
    /// Sent and not done.
    sent: BTreeSet<Sequence>,
    file: File,
    written: usize,
    /// A write has failed: the file may end with a part of a line.
    torn: bool,
    lines: Vec<u8>,
    /// Held as long as this is.
    _lock: File,
}

impl Journal {
    /// Goes on where the file says, or begins one at `from`.
    pub(super) fn open(
        path: &Path,
        archive: ArchiveId,
        from: Sequence,
    ) -> Result<Self, StateError> {
        let failed = |source| StateError::Io { path: path.to_owned(), source };
        let lock = lock(path)?;
        let begun =
            || State { run: Uuid::now_v7(), done: Done::before(from), sent: BTreeSet::new() };
        let State { run, done, sent } = look(path, archive)?.unwrap_or_else(begun);
        let header = header(archive, run, &done, &sent);
        let file = replace(path, &header).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            archive,
            run,
            done,
            sent,
            file,
            written: 0,
            torn: false,
            lines: Vec::new(),
            _lock: lock,
        })
    }

    /// Which run this is; the same after it went on.
    pub(super) fn run(&self) -> Uuid {
        self.run
    }

    /// What is done.
    pub(super) fn done(&self) -> &Done {
        &self.done
    }

    /// What was sent and is not known to be done: it may be sent twice.
    pub(super) fn in_doubt(&self) -> impl Iterator<Item = Sequence> {
        self.sent.iter().copied()
    }

    /// An entry is about to be sent.
    pub(super) fn note_sent(&mut self, sequence: Sequence) {
        if self.sent.insert(sequence) {
            writeln!(self.lines, "+{sequence}").expect("memory takes it");
        }
    }

    /// An entry is done.
    pub(super) fn note_done(&mut self, sequence: Sequence) {
        self.sent.remove(&sequence);
        self.done.insert(sequence);
        writeln!(self.lines, "-{sequence}").expect("memory takes it");
    }

    /// Hands all notes to the system.
    pub(super) fn commit(&mut self) -> Result<(), StateError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        if self.torn || self.written + self.lines.len() > JOURNAL_BYTES_MAX {
            return self.write_anew();
        }
        let written = self.file.write_all(&self.lines);
        self.torn = written.is_err();
        written.map_err(|source| StateError::Io { path: self.path.clone(), source })?;
        self.written += self.lines.len();
        self.lines.clear();
        Ok(())
    }

    /// Forces all that was committed to the disk. Notes that could not be committed are forgotten:
    /// what they tell of may depend on something else that could not be written.
    pub(super) fn checkpoint(&mut self) -> Result<(), StateError> {
        if self.lines.is_empty() {
            return self.write_anew();
        }
        if let Some(State { done, sent, .. }) = look(&self.path, self.archive)? {
            (self.done, self.sent) = (done, sent);
        }
        Ok(())
    }

    fn write_anew(&mut self) -> Result<(), StateError> {
        let header = header(self.archive, self.run, &self.done, &self.sent);
        let file = replace(&self.path, &header);
        self.file = file.map_err(|source| StateError::Io { path: self.path.clone(), source })?;
        self.written = 0;
        self.torn = false;
        self.lines.clear();
        Ok(())
    }
}

/// A path beside `path`, whose name ends with `suffix`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The state file itself is replaced again and again, so its lock is a file beside it.
fn lock(path: &Path) -> Result<File, StateError> {
    let open = || OpenOptions::new().create(true).append(true).open(beside(path, ".lock"));
    let lock = open().map_err(|source| StateError::Io { path: path.to_owned(), source })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(StateError::Io { path: path.to_owned(), source }),
    }
}

fn header(archive: ArchiveId, run: Uuid, done: &Done, sent: &BTreeSet<Sequence>) -> Vec<u8> {
    let header = Header {
        version: VERSION,
        archive,
        run,
        next: done.next(),
        done: done.above().collect(),
        sent: sent.iter().copied().collect(),
    };
    let mut line = serde_json::to_vec(&header).expect("a header is JSON");
    line.push(b'\n');
    line
}

/// Nobody ever sees a part of the file; it stays open for appending.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let new = beside(path, ".new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    Ok(file)
}

/// What a state file tells.
pub(super) struct State {
    /// Which run it is of.
    pub(super) run: Uuid,
    pub(super) done: Done,
    /// Sent, and not known to be done.
    pub(super) sent: BTreeSet<Sequence>,
}

/// Reads a state file, and leaves it as it is; `None` if there is none.
pub(super) fn look(path: &Path, archive: ArchiveId) -> Result<Option<State>, StateError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StateError::Io { path: path.to_owned(), source }),
    };
    let wrong = |reason| StateError::Unreadable { path: path.to_owned(), reason };
    let (found, state) = read(&bytes).map_err(wrong)?;
    if found != archive {
        let (found, expected) = (found.uuid(), archive.uuid());
        return Err(StateError::OtherArchive { path: path.to_owned(), found, expected });
    }
    Ok(Some(state))
}

/// Fails with the reason.
fn read(bytes: &[u8]) -> Result<(ArchiveId, State), String> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let text = std::str::from_utf8(&bytes[..whole]).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    let header = lines.next().ok_or("it has no first line")?;
    let header: Header = serde_json::from_str(header).map_err(|error| error.to_string())?;
    if header.version != VERSION {
        return Err(format!("its version is {}, this build reads {VERSION}", header.version));
    }
    let mut done = Done::before(header.next);
    header.done.into_iter().for_each(|sequence| done.insert(sequence));
    let mut sent: BTreeSet<_> = header.sent.into_iter().collect();
    for line in lines {
        let wrong = || format!("{line:?} is neither +<sequence> nor -<sequence>");
        let (sign, number) = line.split_at_checked(1).ok_or_else(wrong)?;
        let sequence: Sequence = number.parse().map_err(|_| wrong())?;
        match sign {
            "+" => drop(sent.insert(sequence)),
            "-" => {
                sent.remove(&sequence);
                done.insert(sequence);
            }
            _ => return Err(wrong()),
        }
    }
    Ok((header.archive, State { run: header.run, done, sent }))
}

#[cfg(test)]
mod tests {
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
        fs::write(&path, "something else\n").unwrap();
        let unreadable = Journal::open(&path, archive, Sequence::FIRST);
        assert!(matches!(unreadable, Err(StateError::Unreadable { .. })));
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
}
