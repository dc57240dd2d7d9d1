//! What can be wrong with an archive.

use std::fmt;

use crate::answer;
use crate::manifest::SegmentNumber;
use crate::raw_lines::LINE_BYTES_MAX;

/// Why an archive can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The text names no place where an archive could be.
    #[error("{text:?} is no place for an archive: {reason}")]
    Location {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no archive.
    #[error("there is no archive at {location}: it has no manifest.json")]
    NotFound {
        /// Where it was looked for.
        location: String,
    },
    /// There is an archive already, and it was to be created.
    #[error("there is an archive at {location} already")]
    AlreadyExists {
        /// Where it is.
        location: String,
    },
    /// Another writer is at work there.
    #[error("{location} is being written by somebody else")]
    InUse {
        /// Where it is.
        location: String,
    },
    /// Another writer goes on with it, in an object store. What this one had made durable stays.
    #[error(
        "{location} was taken over by another writer: what was not durable by then is not in it"
    )]
    TakenOver {
        /// Where it is.
        location: String,
    },
    /// The manifest can't be understood, or contradicts itself.
    #[error("the manifest of {location} is damaged: {reason}")]
    Manifest {
        /// Where the archive is.
        location: String,
        /// What is wrong.
        reason: String,
    },
    /// A segment is not what was written.
    #[error("{0}")]
    Damaged(#[from] Damage),
    /// An entry's line would be longer than [`LINE_BYTES_MAX`]. It was not written; the writer
    /// takes further ones.
    #[error("an entry would take a line of {bytes} bytes, more than {LINE_BYTES_MAX}")]
    EntryTooLong {
        /// How long its line would be.
        bytes: usize,
    },
    /// A payload is not an entry's line.
    #[error("this is no entry: {0}")]
    NotAnEntry(String),
    /// The folder or object store failed, after its own retries.
    #[error("{location}: {}", answer::reason(.failure))]
    Store {
        /// Which archive.
        location: String,
        /// The failure.
        failure: object_store::Error,
    },
    /// Compressing failed, or the writer failed before and takes no more entries.
    #[error("the archive can't be written any further: {0}")]
    Stopped(String),
}

/// Where an archive is damaged, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Damage {
    /// In which segment.
    pub segment: SegmentNumber,
    /// The name of its file.
    pub file: String,
    /// In which line of it, from 1; `None` when it is the segment's file as a whole.
    pub line: Option<u64>,
    /// What is wrong there.
    pub fault: Fault,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// What is wrong with a segment or a line of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The segment's file is not there.
    #[error("the file is missing")]
    Missing,
    /// All lines are what was written, but the file is not: it was compressed anew, or has
    /// something behind its end.
    #[error("the lines are whole, but the file is not the one that was written")]
    FileChanged,
    /// Every line follows from the one before it, but the last is not the one that was written:
    /// lines were edited and all after them chained anew.
    #[error("lines were edited and chained anew")]
    Rechained,
    /// The file ends before this line does.
    #[error("the file is cut off here")]
    CutOff,
    /// From this line on, the file can't be decompressed.
    #[error("can't be decompressed from here on: {0}")]
    NotCompressed(String),
    /// The line, or one of those before it that was then chained anew, is not what was written.
    #[error("the line was edited: it does not follow from the lines before it")]
    Edited,
    /// Another entry stands here: lines were dropped, added or swapped.
    #[error("entry {found} stands where entry {expected} belongs")]
    OutOfOrder {
        /// The sequence number that belongs here.
        expected: u64,
        /// The one that is here.
        found: u64,
    },
    /// The line is not an entry, though it follows from those before it.
    #[error("the line is no entry: {0}")]
    NotAnEntry(String),
    /// The line is longer than [`LINE_BYTES_MAX`].
    #[error("the line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// The segment ends early: all its lines are whole, but some are missing at its end.
    #[error("the segment ends here, after {found} of {expected} lines")]
    LinesMissing {
        /// Lines by the manifest.
        expected: u64,
        /// Lines that are there.
        found: u64,
    },
    /// More lines than the manifest counts; this is the first of them.
    #[error("the segment should have ended before this line")]
    LinesAdded,
}
