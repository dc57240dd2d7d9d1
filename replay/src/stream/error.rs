//! What can go wrong with a stream.

use std::time::Duration;

use event_log::LogError;
use order_domain::Position;
use traffic_archive::{ArchiveError, ArchiveId, Sequence};

/// Why a stream can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The text names no stream.
    #[error("{text:?} is no stream: {reason}")]
    Address {
        /// What was given, without a password.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The log failed, after all patience where that helps.
    #[error("{0}")]
    Log(#[from] LogError),
    /// Redis failed, after all patience where that helps.
    #[error("redis: {}", super::redis::reason(.0))]
    Redis(#[from] redis::RedisError),
    /// Records of a partition can't be read, after all patience where that helps.
    #[error("{place}: {error}")]
    Partition {
        /// Which one.
        place: String,
        /// Why.
        error: LogError,
    },
    /// A server says nothing.
    #[error("{what} did not come in {patience:?}")]
    Late {
        /// What it was asked for.
        what: String,
        /// How long it was waited for.
        patience: Duration,
    },
    /// A record is not of an archive.
    #[error("{place} holds no entry of an archive: {reason}")]
    NotAnEntry {
        /// Which record: topic and position, or stream and id.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A record can't become a request.
    #[error("{place} can't become a request: {reason}")]
    NotARequest {
        /// Which record: topic and position.
        place: String,
        /// Why.
        reason: String,
    },
    /// Decisions are of other commands.
    #[error(
        "the decision of {position} in {topic} is about command {decided}, not about {command}: it was \
         decided from another topic"
    )]
    OtherDecisions {
        /// Where the decision stands.
        topic: String,
        /// The command's position.
        position: Position,
        /// The command that the decision is about.
        decided: String,
        /// The command that is there.
        command: String,
    },
    /// The stream holds another archive. A stream holds one: name another topic.
    #[error("{place} holds archive {found}, not {expected}; a stream holds one archive")]
    OtherArchive {
        /// Which record: topic and position, or stream and id.
        place: String,
        /// The archive that the record is of.
        found: ArchiveId,
        /// The archive that was expected.
        expected: ArchiveId,
    },
    /// The last record is no longer kept, so nobody knows how far the stream was written.
    #[error("{place} is empty now but was written once: how far is not known any more")]
    TailGone {
        /// Which partition.
        place: String,
    },
    /// The stream ends further than the archive: it was written from a longer one.
    #[error("the stream holds entry {last}, but the archive ends before that")]
    BeyondArchive {
        /// The last entry of the stream.
        last: Sequence,
    },
    /// Somebody else writes into the stream.
    #[error("another program writes to {place}: a record went to {found} instead of {expected}")]
    NotAlone {
        /// Which topic.
        place: String,
        /// Where the record should have gone.
        expected: Position,
        /// Where it went.
        found: Position,
    },
    /// An entry's record would be larger than the stream takes.
    #[error("entry {sequence} makes a record of {bytes} bytes; the stream takes {max}")]
    TooLarge {
        /// Which entry.
        sequence: Sequence,
        /// Its record's size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// An entry is not in the stream, but later ones are.
    #[error(
        "entry {expected} is not in the stream, which goes on with {found}: it was not written to the end, its beginning is no longer kept, or its server has lost entries"
    )]
    Missing {
        /// The entry that is missing.
        expected: Sequence,
        /// The next one that is there.
        found: Sequence,
    },
    /// The stream has become shorter since it was opened.
    #[error(
        "the stream had entry {last}, and now lacks entries from {expected} on: they were taken away, or its server has lost them"
    )]
    Gone {
        /// The first entry that is gone.
        expected: Sequence,
        /// The last one that was there.
        last: Sequence,
    },
    /// A partition has become shorter since it was written.
    #[error(
        "{place} has lost records that it had acknowledged: the next one went to {found} instead of {expected}"
    )]
    Lost {
        /// Which topic.
        place: String,
        /// Where the record should have gone.
        expected: Position,
        /// Where it went.
        found: Position,
    },
    /// Something is missing before the stream's last entry.
    #[error(
        "the stream goes as far as if it had {entries} entries, but has {found} records: some were taken away, or its server has lost them; copy the archive into another one"
    )]
    Holes {
        /// Entries up to the last ones.
        entries: u64,
        /// Records of the stream.
        found: u64,
    },
    /// There is nothing in the stream.
    #[error("{place} is empty")]
    Empty {
        /// Which stream.
        place: String,
    },
    /// A task of this program broke off.
    #[error("a part of the work broke off: {0}")]
    BrokeOff(String),
}

impl StreamError {
    /// Whether the same call may succeed later, without anybody's help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Log(error) | Self::Partition { error, .. } => error.is_retryable(),
            Self::Redis(error) => super::redis::is_retryable(error),
            _ => false,
        }
    }

    pub(super) fn in_partition(self, place: &str) -> Self {
        match self {
            Self::Log(error) => Self::Partition { place: place.to_owned(), error },
            other => other,
        }
    }

    pub(super) fn not_an_entry(place: String, error: &ArchiveError) -> Self {
        let reason = match error {
            ArchiveError::NotAnEntry(reason) => reason.clone(),
            other => other.to_string(),
        };
        Self::NotAnEntry { place, reason }
    }
}
