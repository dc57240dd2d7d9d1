//! Why a request got no answer.

use std::fmt;
use std::io;
use std::time::Duration;

use measure::ErrorKind;

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) reason: String,
}

impl Failure {
    pub(super) fn connect(reason: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::CONNECT, reason: reason.to_string() }
    }

    pub(super) fn timeout(after: Duration) -> Self {
        Self { kind: ErrorKind::TIMEOUT, reason: format!("no answer within {after:?}") }
    }

    /// The target took a connection and closed it at once.
    pub(super) fn closed() -> Self {
        let reason = "the target closed the connection before anything was sent".to_owned();
        Self { kind: ErrorKind::CONNECTION_LOST, reason }
    }

    pub(super) fn lost(error: &io::Error) -> Self {
        Self { kind: ErrorKind::CONNECTION_LOST, reason: error.to_string() }
    }

    pub(super) fn unsendable(reason: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::Named("unsendable"), reason: reason.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.reason)
    }
}
