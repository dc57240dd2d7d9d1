//! What can go wrong with a store, named by what the caller does next.

use crate::StreamId;

/// Why the store did not do what it was asked. Nothing of a failed batch was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy, read-only or out of room, or a transaction lost a race for
    /// locks: the same call may succeed later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The database refuses these data, and always will: a constraint, a conversion, a trigger.
    #[error("the store refuses the data: {0}")]
    Refused(String),
    /// Another projector has moved this checkpoint: stop, and read it again.
    #[error("the checkpoint of {0} was moved by another projector")]
    CheckpointMoved(StreamId),
    /// The configuration or the schema can't work. A person must change it.
    #[error("the store's configuration: {0}")]
    Configuration(String),
}

impl StoreError {
    /// Whether the same call may succeed later, without anybody's help.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// What is wrong, without the cause: that may name files and hosts, which not everybody should learn.
    pub const fn summary(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "the store is not available",
            Self::Refused(_) => "the store refuses the data",
            Self::CheckpointMoved(_) => "another projector has moved a checkpoint",
            Self::Configuration(_) => "the store's configuration or schema can't work",
        }
    }

    /// The same, telling which server it is about.
    pub(crate) fn at_server(self, name: &str, address: &str) -> Self {
        let named = |text| format!("{text} ({name} at {address})");
        match self {
            Self::Unavailable(text) => Self::Unavailable(named(text)),
            Self::Configuration(text) => Self::Configuration(named(text)),
            other => other,
        }
    }
}
