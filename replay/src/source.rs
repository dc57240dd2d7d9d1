//! Where the requests of a replay come from: an archive, or a stream that one was put into.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use futures_util::FutureExt as _;

use crate::archive::{ArchiveError, ArchiveId, ArchiveReader, Entries, Entry, Location, Sequence};

/// Entries that [`Source::next_batch`] gives at once, at most.
pub const BATCH_ENTRIES_MAX: usize = 256;

/// Recorded requests in the order of their sequence numbers.
#[async_trait]
pub trait Source: Send {
    /// Which archive the sequence numbers are of.
    fn archive_id(&self) -> ArchiveId;

    /// The last sequence number that will come, where that is known.
    fn last(&self) -> Option<Sequence>;

    /// The next entries: at least one, at most [`BATCH_ENTRIES_MAX`]; `None` at the end and after
    /// an error. Sequence numbers rise by one from entry to entry, across batches too; a source
    /// with several partitions merges them. Waits for the first entry only. What can be cured by
    /// trying again (a broker that restarts) the source cures itself.
    ///
    /// Cancel safe: dropping the future loses no entry.
    async fn next_batch(&mut self) -> Option<Result<Vec<Entry>, SourceError>>;
}

/// Why no further entry can be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The archive is not there, or damaged.
    #[error("{0}")]
    Archive(#[from] ArchiveError),
    /// The stream can't be read, or does not hold what it should.
    #[error("{stream}: {reason}")]
    Stream {
        /// Which one.
        stream: String,
        /// What happened.
        reason: String,
    },
}

/// The text that names a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceLocation {
    /// A folder or `s3://bucket/prefix`.
    Archive(Location),
}

impl SourceLocation {
    /// Opens it, at the entry `from`, inclusive. Call it inside a tokio runtime.
    pub async fn open(&self, from: Sequence) -> Result<Box<dyn Source>, SourceError> {
        match self {
            Self::Archive(location) => Ok(Box::new(ArchiveSource::open(location, from).await?)),
        }
    }
}

impl FromStr for SourceLocation {
    type Err = ArchiveError;

    fn from_str(text: &str) -> Result<Self, ArchiveError> {
        text.parse().map(Self::Archive)
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(location) => location.fmt(f),
        }
    }
}

/// The entries of an archive, checked as they are read.
struct ArchiveSource {
    id: ArchiveId,
    last: Option<Sequence>,
    entries: Entries,
    /// What comes after the batch that was given last.
    failure: Option<ArchiveError>,
}

impl ArchiveSource {
    async fn open(location: &Location, from: Sequence) -> Result<Self, ArchiveError> {
        let reader = ArchiveReader::open(location).await?;
        let manifest = reader.manifest();
        let (id, last) = (manifest.archive_id, manifest.last());
        Ok(Self { id, last, entries: reader.entries(from), failure: None })
    }
}

#[async_trait]
impl Source for ArchiveSource {
    fn archive_id(&self) -> ArchiveId {
        self.id
    }

    fn last(&self) -> Option<Sequence> {
        self.last
    }

    async fn next_batch(&mut self) -> Option<Result<Vec<Entry>, SourceError>> {
        if let Some(failure) = self.failure.take() {
            return Some(Err(failure.into()));
        }
        let first = match self.entries.next().await? {
            Ok(first) => first,
            Err(error) => return Some(Err(error.into())),
        };
        let mut batch = Vec::with_capacity(BATCH_ENTRIES_MAX);
        batch.push(first);
        while batch.len() < BATCH_ENTRIES_MAX {
            match self.entries.next().now_or_never() {
                Some(Some(Ok(entry))) => batch.push(entry),
                // What stands before the damage is whole, and goes first.
                Some(Some(Err(error))) => {
                    self.failure = Some(error);
                    break;
                }
                Some(None) | None => break,
            }
        }
        Some(Ok(batch))
    }
}
