//! Reading an archive.

use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::chain::Chain;
use crate::entry::{Entry, Sequence};
use crate::error::{ArchiveError, Damage, Fault};
use crate::location::{Location, Store};
use crate::manifest::{self, Manifest, SegmentFile, SegmentNumber};
use crate::segment::{self, WholeLine};
use crate::wire;

/// Entries that travel from the decompressing thread together, at most.
const BATCH_ENTRIES_MAX: usize = 256;

/// Bytes of lines that travel together, give or take one line.
const BATCH_BYTES_MAX: usize = 256 << 10;

/// Batches that wait for the reader's user.
const BATCHES_WAITING_MAX: usize = 4;

/// Segments that are fetched ahead of the one that is read, compressed.
const SEGMENTS_AHEAD_MAX: usize = 1;

pub(crate) async fn read_manifest(store: &Store) -> Result<Manifest, ArchiveError> {
    let location = || store.location.to_string();
    let json = store.read(manifest::FILE_NAME).await?;
    let json = json.ok_or_else(|| ArchiveError::NotFound { location: location() })?;
    Manifest::from_json(&json)
        .map_err(|reason| ArchiveError::Manifest { location: location(), reason })
}

/// An archive that can be read, from any place and more than once.
#[derive(Clone, Debug)]
pub struct ArchiveReader {
    store: Store,
    manifest: Arc<Manifest>,
}

impl ArchiveReader {
    /// Reads the manifest. What is appended later is not seen.
    pub async fn open(location: &Location) -> Result<Self, ArchiveError> {
        let store = location.open()?;
        let manifest = Arc::new(read_manifest(&store).await?);
        Ok(Self { store, manifest })
    }

    /// What the archive holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The entries in order, from `from` on, inclusive. Earlier segments are not even fetched.
    ///
    /// After an error it ends. Call it inside a tokio runtime.
    pub fn entries(&self, from: Sequence) -> Entries {
        Entries(Batches::start(self, from, EntryBatch::default()))
    }

    /// The same, without parsing more than what orders and routes an entry.
    pub fn lines(&self, from: Sequence) -> Lines {
        Lines(Batches::start(self, from, LineBatch::default()))
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
            let expected = &manifest.segments[index];
            segment::read(number, expected, chain_before(&manifest, index), &bytes, |line| {
                let entry = wire::parse(line.json).map_err(Fault::NotAnEntry)?;
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
    let missing = Damage { segment: number, line: None, fault: Fault::Missing };
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
}

/// The lines of an archive; see [`ArchiveReader::lines`].
pub struct Lines(Batches<Line>);

impl Lines {
    /// The next line, `None` at the end and after an error.
    pub async fn next(&mut self) -> Option<Result<Line, ArchiveError>> {
        self.0.next().await
    }
}

impl Stream for Lines {
    type Item = Result<Line, ArchiveError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next(cx)
    }
}

/// What a decompressing thread sends, one by one.
struct Batches<T> {
    inbox: mpsc::Receiver<Result<Vec<T>, ArchiveError>>,
    batch: vec::IntoIter<T>,
}

impl<T: Send + 'static> Batches<T> {
    fn start(
        reader: &ArchiveReader,
        from: Sequence,
        batch: impl Batch<Item = T> + 'static,
    ) -> Self {
        let (outbox, inbox) = mpsc::channel(BATCHES_WAITING_MAX);
        let skipped = reader.manifest.segments.partition_point(|segment| segment.last < from);
        let segments = fetch_ahead(reader, skipped);
        let manifest = Arc::clone(&reader.manifest);
        let decoder = Decoder { manifest, from, batch, outbox };
        spawn_blocking(move || decoder.run(segments));
        Self { inbox, batch: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Option<Result<T, ArchiveError>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, ArchiveError>>> {
        loop {
            if let Some(item) = self.batch.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.inbox.poll_recv(cx)) {
                Some(Ok(batch)) => self.batch = batch.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

type Fetched = (usize, Result<Bytes, ArchiveError>);

/// Fetches the segments from index `from` on, a bounded number ahead of who takes them.
fn fetch_ahead(reader: &ArchiveReader, from: usize) -> mpsc::Receiver<Fetched> {
    let (outbox, inbox) = mpsc::channel(SEGMENTS_AHEAD_MAX);
    let reader = reader.clone();
    tokio::spawn(async move {
        for (index, segment) in reader.manifest.segments.iter().enumerate().skip(from) {
            // Nothing is fetched before there is room for it.
            let Ok(room) = outbox.reserve().await else { return };
            let fetched = fetch(&reader.store, segment, SegmentNumber(index as u64 + 1)).await;
            room.send((index, fetched));
        }
    });
    inbox
}

/// The decompressing thread.
struct Decoder<B: Batch> {
    manifest: Arc<Manifest>,
    from: Sequence,
    batch: B,
    outbox: mpsc::Sender<Result<Vec<B::Item>, ArchiveError>>,
}

impl<B: Batch> Decoder<B> {
    fn run(mut self, mut segments: mpsc::Receiver<Fetched>) {
        while let Some((index, fetched)) = segments.blocking_recv() {
            let read = fetched.and_then(|bytes| Ok(self.read(index, &bytes)?));
            // What stands before the damage is whole.
            let sent = self.send();
            if let Err(error) = read {
                let _ = self.outbox.blocking_send(Err(error));
                return;
            }
            if sent.is_break() {
                return;
            }
        }
    }

    fn read(&mut self, index: usize, bytes: &[u8]) -> Result<(), Damage> {
        let manifest = Arc::clone(&self.manifest);
        let chain = chain_before(&manifest, index);
        let number = SegmentNumber(index as u64 + 1);
        segment::read(number, &manifest.segments[index], chain, bytes, |line| {
            if line.sequence < self.from {
                return Ok(ControlFlow::Continue(line.sequence));
            }
            let found = self.batch.push(&line).map_err(Fault::NotAnEntry)?;
            if found == line.sequence && self.batch.is_full() && self.send().is_break() {
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(found))
        })
    }

    /// Breaks when nobody reads any more.
    fn send(&mut self) -> ControlFlow<()> {
        let batch = self.batch.take();
        if batch.is_empty() || self.outbox.blocking_send(Ok(batch)).is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

/// Gathers what travels together.
trait Batch: Send {
    type Item: Send + 'static;

    /// Adds a line; gives the sequence number found in it, or the reason why it is no entry.
    fn push(&mut self, line: &WholeLine<'_>) -> Result<Sequence, String>;

    fn is_full(&self) -> bool;

    fn take(&mut self) -> Vec<Self::Item>;
}

#[derive(Default)]
struct EntryBatch {
    entries: Vec<Entry>,
    bytes: usize,
}

impl Batch for EntryBatch {
    type Item = Entry;

    fn push(&mut self, line: &WholeLine<'_>) -> Result<Sequence, String> {
        let entry = wire::parse(line.json)?;
        let sequence = entry.sequence;
        if sequence == line.sequence {
            self.bytes += line.json.len();
            self.entries.push(entry);
        }
        Ok(sequence)
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= BATCH_ENTRIES_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn take(&mut self) -> Vec<Entry> {
        self.bytes = 0;
        mem::take(&mut self.entries)
    }
}

/// Batches whose memory is used again once all their lines are gone; as many as the slowest user
/// has under way.
const BATCHES_KEPT_MAX: usize = 64;

#[derive(Default)]
struct LineBatch {
    headings: Vec<(Sequence, Bytes, usize)>,
    json: BytesMut,
    /// The newest batches that were given away, oldest first.
    given: VecDeque<Bytes>,
}

impl LineBatch {
    /// Room for another batch. Memory that is new costs more than what is written into it: the system
    /// clears every page.
    fn room(&mut self) -> BytesMut {
        if self.given.len() >= BATCHES_KEPT_MAX
            && let Some(oldest) = self.given.pop_front()
            && let Ok(mut again) = oldest.try_into_mut()
        {
            again.clear();
            return again;
        }
        BytesMut::with_capacity(BATCH_BYTES_MAX + BATCH_BYTES_MAX / 8)
    }
}

impl Batch for LineBatch {
    type Item = Line;

    fn push(&mut self, line: &WholeLine<'_>) -> Result<Sequence, String> {
        let heading = wire::heading(line.json)?;
        let sequence = heading.sequence;
        if sequence == line.sequence {
            if self.headings.is_empty() {
                self.json = self.room();
            }
            self.json.extend_from_slice(line.unclosed);
            self.json.extend_from_slice(b"}");
            let bytes = line.unclosed.len() + 1;
            self.headings.push((sequence, Bytes::from(heading.key.into_owned()), bytes));
        }
        Ok(sequence)
    }

    fn is_full(&self) -> bool {
        self.headings.len() >= BATCH_ENTRIES_MAX || self.json.len() >= BATCH_BYTES_MAX
    }

    fn take(&mut self) -> Vec<Line> {
        let mut json = mem::take(&mut self.json).freeze();
        self.given.push_back(json.clone());
        let headings = self.headings.drain(..);
        headings
            .map(|(sequence, key, bytes)| Line { sequence, key, json: json.split_to(bytes) })
            .collect()
    }
}
