//! Reading an archive.

mod batch;
mod decoder;

use std::ops::{ControlFlow, Range};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::task::spawn_blocking;

use crate::chain::Chain;
use crate::claim::Found;
use crate::entry::{Entry, Sequence};
use crate::error::{ArchiveError, Damage, Fault};
use crate::location::{Location, Store};
use crate::manifest::{Manifest, SegmentFile, SegmentNumber};
use crate::raw_lines::LineMemory;
use crate::segment::{self, Chained};
use crate::wire;
use batch::{EntryBatch, LineBatch};
use decoder::Batches;

/// An archive that can be read, from any place and more than once.
#[derive(Clone, Debug)]
pub struct ArchiveReader {
    store: Store,
    manifest: Arc<Manifest>,
}

impl ArchiveReader {
    /// Reads the manifest. What is appended later is not seen.
    pub async fn open(location: &Location) -> Result<Self, ArchiveError> {
        Self::of(location.open()?).await
    }

    pub(crate) async fn of(store: Store) -> Result<Self, ArchiveError> {
        let manifest = Arc::new(Found::in_store(&store).await?.manifest);
        Ok(Self { store, manifest })
    }

    /// What the archive holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The entries in order, from `from` on, inclusive. Earlier segments are not even fetched.
    ///
    /// A file is believed if its hash is the one that the manifest has. After an error it ends. Call it
    /// inside a tokio runtime.
    pub fn entries(&self, from: Sequence) -> Entries {
        Entries(Batches::start(self, from, EntryBatch::default(), Chained::InChangedFile))
    }

    /// The same, but believes no file: goes through the chain of every line.
    pub fn checked_entries(&self, from: Sequence) -> Entries {
        Entries(Batches::start(self, from, EntryBatch::default(), Chained::Every))
    }

    /// As [`entries`](Self::entries), without parsing more than what orders and routes an entry.
    pub fn lines(&self, from: Sequence) -> Lines {
        Lines(Batches::start(self, from, LineBatch::default(), Chained::InChangedFile))
    }

    /// Reads all of one segment and checks it, whatever those before it are like: it must follow
    /// from where the manifest says that they end.
    ///
    /// # Panics
    /// If the archive has no such segment.
    pub async fn check_segment(&self, number: SegmentNumber) -> Result<(), ArchiveError> {
        let index = usize::try_from(number.get() - 1).expect("the archive has this segment");
        let bytes = fetch(&self.store, &self.manifest.segments[index], number).await?;
        let manifest = Arc::clone(&self.manifest);
        let checked = spawn_blocking(move || {
            let (expected, chain) = (&manifest.segments[index], chain_before(&manifest, index));
            let mut memory = LineMemory::default();
            segment::read(number, expected, Chained::Every, chain, &bytes, &mut memory, |line| {
                let entry = wire::parse(&line.json).map_err(Fault::NotAnEntry)?;
                Ok(ControlFlow::Continue(entry.sequence))
            })
        });
        Ok(checked.await.expect("checking does not panic")?)
    }
}

/// The chain that the manifest has before a segment.
fn chain_before(manifest: &Manifest, index: usize) -> Chain {
    index.checked_sub(1).map_or(Chain::START, |before| manifest.segments[before].chain)
}

async fn fetch(
    store: &Store,
    segment: &SegmentFile,
    number: SegmentNumber,
) -> Result<Bytes, ArchiveError> {
    let bytes = store.read(&segment.file).await?;
    let file = segment.file.clone();
    let missing = Damage { segment: number, file, line: None, fault: Fault::Missing };
    bytes.ok_or(ArchiveError::Damaged(missing))
}

/// The entries of an archive; see [`ArchiveReader::entries`].
pub struct Entries(Batches<Entry>);

impl Entries {
    /// The next entry, `None` at the end and after an error.
    pub async fn next(&mut self) -> Option<Result<Entry, ArchiveError>> {
        self.0.next().await
    }
}

impl Stream for Entries {
    type Item = Result<Entry, ArchiveError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next(cx)
    }
}

/// An entry that was checked but not parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place in the order.
    pub sequence: Sequence,
    /// The ordering key, in UTF-8.
    pub key: Bytes,
    /// The line without `chain` and without an end of line: what [`Entry::from_json`] reads. It
    /// shares memory with the lines around it: keep it for long, and you keep some 256 KiB.
    pub json: Bytes,
    /// Where in `json` the digits of the sequence number are, if that begins as usual. It was looked for
    /// while the line was at hand: whoever takes a million lines a second waits for each one's memory.
    digits: Option<Range<usize>>,
}

impl Line {
    /// The digits of its sequence number; part of its JSON where they stand first.
    pub fn sequence_digits(&self) -> Bytes {
        match &self.digits {
            Some(range) => self.json.slice(range.clone()),
            None => Bytes::from(self.sequence.to_string()),
        }
    }
}

/// The lines of an archive; see [`ArchiveReader::lines`].
pub struct Lines(Batches<Line>);

impl Lines {
    /// The next line, `None` at the end and after an error.
    pub async fn next(&mut self) -> Option<Result<Line, ArchiveError>> {
        self.0.next().await
    }

    /// The next lines, those that were unpacked together: at least one and a few hundred at most.
    /// `None` at the end and after an error.
    pub async fn next_batch(&mut self) -> Option<Result<Vec<Line>, ArchiveError>> {
        self.0.next_batch().await
    }
}

impl Stream for Lines {
    type Item = Result<Line, ArchiveError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next(cx)
    }
}
