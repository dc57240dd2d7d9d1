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

mod error;
mod state;

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use traffic_archive::{ArchiveId, Sequence};
use uuid::Uuid;

use super::done::Done;

pub use error::StateError;
pub(super) use state::{State, look};

/// When the file is written anew, in bytes behind its first line.
const JOURNAL_BYTES_MAX: usize = 8 << 20;

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
        let first_line = state::first_line(archive, run, &done, &sent);
        let file = replace(path, &first_line).map_err(failed)?;
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
        let first_line = state::first_line(self.archive, self.run, &self.done, &self.sent);
        let file = replace(&self.path, &first_line);
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

/// Nobody ever sees a part of the file; it stays open for appending.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let new = beside(path, ".new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests;
