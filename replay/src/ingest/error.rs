//! Why an ingest can't go on.

use std::fmt;
use std::io;
use std::path::PathBuf;

use traffic_archive::{ArchiveError, Location};

use super::mapping::MappingError;

/// Why nothing, or not everything, was ingested.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The source can't be read.
    #[error("source {location}: {reason}")]
    Source {
        /// Which one.
        location: String,
        /// What is wrong.
        reason: String,
    },
    /// The mapping can't be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The archive can't be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file can't be read to its end.
    #[error("{file}: {source}")]
    File {
        /// Which one.
        file: String,
        /// The failure.
        source: io::Error,
    },
    /// Reading failed; who knows the file makes it [`File`](Self::File).
    #[error("{0}")]
    Read(#[from] io::Error),
    /// Sorting goes through temporary files, and one can't be written or read.
    #[error("a temporary file in {}: {source}", .folder.display())]
    Temporary {
        /// Where it is.
        folder: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// The rejects can't be written.
    #[error("rejects {}: {source}", .path.display())]
    Rejects {
        /// Their file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// The rejects would take the place of a file that is to be read.
    #[error("rejects {}: this is a file of the source", .path.display())]
    RejectsInSource {
        /// The file.
        path: PathBuf,
    },
    /// A record was rejected, and that was not to happen.
    #[error("{file}, line {line}: {reason}")]
    Rejected {
        /// The record's file.
        file: String,
        /// The record's line in it.
        line: u64,
        /// Why it is no request.
        reason: String,
    },
    /// The archive has other entries than the source gives.
    #[error(
        "the archive was not begun with this source and mapping: its first {entries} entries differ"
    )]
    OtherSource {
        /// How many entries the archive has.
        entries: u64,
    },
    /// The reading thread was told that nobody listens.
    #[error("the archive's writer stopped")]
    WriterStopped,
}

impl IngestError {
    pub(super) fn source(location: &Location, reason: impl fmt::Display) -> Self {
        Self::Source { location: location.to_string(), reason: reason.to_string() }
    }

    pub(super) fn in_file(self, file: &str) -> Self {
        match self {
            Self::Read(source) => Self::File { file: file.to_owned(), source },
            other => other,
        }
    }

    pub(super) fn temporary(source: io::Error) -> Self {
        Self::Temporary { folder: std::env::temp_dir(), source }
    }
}
