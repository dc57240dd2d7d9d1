//! Where the requests of a replay come from: an archive, or a stream that one was put into.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use traffic_archive::{ArchiveError, ArchiveId, ArchiveReader, Entries, Entry, Location, Sequence};

use crate::stream::{ServerArgs, StreamAddress, StreamError, StreamReader, StreamUrl};

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
    /// trying again for a while (a broker that restarts) the source cures itself.
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
    /// The text names no stream.
    #[error("{0}")]
    Address(StreamError),
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
    /// A stream's URL, and behind a `#` the topic if it is not `replay`.
    Stream(StreamAddress),
}

impl SourceLocation {
    /// The same source; a stream is reached as told.
    #[must_use]
    pub fn reached_as(&self, server: &ServerArgs) -> Self {
        match self {
            Self::Archive(_) => self.clone(),
            Self::Stream(address) => Self::Stream(address.clone().reached_as(server)),
        }
    }

    /// Opens it, at the entry `from`, inclusive. Call it inside a tokio runtime.
    pub async fn open(&self, from: Sequence) -> Result<Box<dyn Source>, SourceError> {
        match self {
            Self::Archive(location) => Ok(Box::new(ArchiveSource::open(location, from).await?)),
            Self::Stream(address) => Ok(Box::new(StreamSource::open(address, from).await?)),
        }
    }
}

impl FromStr for SourceLocation {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if StreamUrl::is_meant_by(text) {
            return text.parse().map(Self::Stream).map_err(SourceError::Address);
        }
        Ok(Self::Archive(text.parse()?))
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(location) => location.fmt(f),
            Self::Stream(address) => address.fmt(f),
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

/// The entries of a stream, as far as it goes when it is opened.
struct StreamSource {
    address: StreamAddress,
    reader: StreamReader,
}

impl StreamSource {
    async fn open(address: &StreamAddress, from: Sequence) -> Result<Self, SourceError> {
        let reader = StreamReader::open(address, from).await;
        let reader = reader.map_err(|error| failed(address, &error))?;
        Ok(Self { address: address.clone(), reader })
    }
}

fn failed(address: &StreamAddress, error: &StreamError) -> SourceError {
    SourceError::Stream { stream: address.to_string(), reason: error.to_string() }
}

#[async_trait]
impl Source for StreamSource {
    fn archive_id(&self) -> ArchiveId {
        self.reader.archive_id()
    }

    fn last(&self) -> Option<Sequence> {
        Some(self.reader.last())
    }

    async fn next_batch(&mut self) -> Option<Result<Vec<Entry>, SourceError>> {
        let batch = self.reader.next_batch(BATCH_ENTRIES_MAX).await?;
        Some(batch.map_err(|error| failed(&self.address, &error)))
    }
}
