//! Why a state file is of no use.

use std::io;
use std::path::PathBuf;

use uuid::Uuid;

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
