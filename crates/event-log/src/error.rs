//! What can go wrong with a log, named by what the caller does next.

use order_domain::Offset;

/// Why the log did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log is away, slow or short of room: try again later. What was asked may or may not have
    /// been done.
    #[error("the log is not available: {0}")]
    Unavailable(String),
    /// The queue in front of the log is full, or the log did not answer in time. Try again later.
    #[error("the log is overloaded: {0}")]
    Overloaded(String),
    /// The wanted offset is not, or no longer, in the log: retention removed it, or it lies beyond
    /// the end. Start again at `first`.
    #[error("offset {wanted} is out of range, the log begins at {first} and ends before {next}")]
    OutOfRange {
        /// The offset that was asked for.
        wanted: Offset,
        /// The oldest offset that is still there.
        first: Offset,
        /// The offset that the next record will get.
        next: Offset,
    },
    /// The topic does not exist: create it first.
    #[error("topic {0} does not exist")]
    NoSuchTopic(String),
    /// The record is larger than [`RECORD_BYTES_MAX`](crate::RECORD_BYTES_MAX).
    #[error("a record of {bytes} bytes is larger than the {max} that fit")]
    TooLarge {
        /// The record's size: key, headers and payload.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// The log's data are damaged. A person must look.
    #[error("the log is damaged: {0}")]
    Corrupt(String),
    /// The configuration can't work. A person must change it.
    #[error("the log's configuration: {0}")]
    Configuration(String),
    /// The log was closed by this process.
    #[error("the log is closed")]
    Closed,
}

impl LogError {
    /// Whether the same call may succeed later, without anybody's help.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Overloaded(_))
    }

    /// What is wrong, without the cause: that may name files and hosts, which not everybody should learn.
    pub const fn summary(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "the log is not available",
            Self::Overloaded(_) => "the log is overloaded",
            Self::OutOfRange { .. } => "what is to be read is not in the log",
            Self::NoSuchTopic(_) => "a topic does not exist",
            Self::TooLarge { .. } => "a record is too large",
            Self::Corrupt(_) => "the log is damaged",
            Self::Configuration(_) => "the log's configuration can't work",
            Self::Closed => "the log is closed",
        }
    }
}
