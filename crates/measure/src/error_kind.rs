//! Why requests failed, in few words.

use std::fmt;

/// Why a request failed. Requests are counted by kind, so a kind never carries what differs from
/// request to request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The target answered with this HTTP status.
    Status(u16),
    /// Something else, named in a word or two.
    Named(&'static str),
}

impl ErrorKind {
    /// No answer in time.
    pub const TIMEOUT: Self = Self::Named("timeout");
    /// No connection.
    pub const CONNECT: Self = Self::Named("connect");
    /// The connection broke before the answer was whole.
    pub const CONNECTION_LOST: Self = Self::Named("connection lost");
    /// The sender gave up before the request ended.
    pub const ABANDONED: Self = Self::Named("abandoned");
    /// Any further kind, when there are too many to tell apart.
    pub const OTHER: Self = Self::Named("other");
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}
