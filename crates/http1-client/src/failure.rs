//! Why a request got no answer.

use std::fmt;
use std::io;
use std::time::Duration;

use measure::ErrorKind;

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {reason}")]
pub struct Failure {
    /// In a word or two, to count by.
    pub kind: ErrorKind,
    /// In a sentence.
    pub reason: String,
}

impl Failure {
    /// There was no connection.
    pub fn connect(reason: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::CONNECT, reason: reason.to_string() }
    }

    /// No answer within this time.
    pub fn timeout(after: Duration) -> Self {
        Self { kind: ErrorKind::TIMEOUT, reason: format!("no answer within {after:?}") }
    }

    /// The target took a connection and closed it at once.
    pub fn closed() -> Self {
        let reason = "the target closed the connection before anything was sent".to_owned();
        Self { kind: ErrorKind::CONNECTION_LOST, reason }
    }

    /// The connection broke, or what came over it was no answer.
    pub fn lost(error: &io::Error) -> Self {
        Self { kind: ErrorKind::CONNECTION_LOST, reason: error.to_string() }
    }

    /// The request itself can't be sent.
    pub fn unsendable(reason: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::Named("unsendable"), reason: reason.to_string() }
    }
}
