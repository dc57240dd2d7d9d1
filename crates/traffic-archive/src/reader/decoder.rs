//! The thread that decompresses, and what it sends.

use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::batch::Batch;
use super::{ArchiveReader, chain_before, fetch};
use crate::entry::Sequence;
use crate::error::{ArchiveError, Damage, Fault};
use crate::manifest::{Manifest, SegmentNumber};
use crate::raw_lines::LineMemory;
use crate::segment::{self, Chained, WholeLine};

/// Batches that wait for the reader's user.
const BATCHES_WAITING_MAX: usize = 16;

/// Segments that are fetched ahead of the one that is read, compressed.
const SEGMENTS_AHEAD_MAX: usize = 1;

/// What a decompressing thread sends, one by one.
pub(super) struct Batches<T> {
    inbox: mpsc::Receiver<Result<Vec<T>, ArchiveError>>,
    batch: vec::IntoIter<T>,
}

impl<T: Send + 'static> Batches<T> {
    pub(super) fn start(
        reader: &ArchiveReader,
        from: Sequence,
        batch: impl Batch<Item = T> + 'static,
        chained: Chained,
    ) -> Self {
        let (outbox, inbox) = mpsc::channel(BATCHES_WAITING_MAX);
        let skipped = reader.manifest.segments.partition_point(|segment| segment.last < from);
        let segments = fetch_ahead(reader, skipped);
        let manifest = Arc::clone(&reader.manifest);
        let memory = LineMemory::default();
        let decoder = Decoder { manifest, from, chained, memory, batch, outbox };
        spawn_blocking(move || decoder.run(segments));
        Self { inbox, batch: Vec::new().into_iter() }
    }

    pub(super) async fn next(&mut self) -> Option<Result<T, ArchiveError>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    pub(super) async fn next_batch(&mut self) -> Option<Result<Vec<T>, ArchiveError>> {
        let rest = mem::take(&mut self.batch);
        if rest.len() > 0 { Some(Ok(rest.collect())) } else { self.inbox.recv().await }
    }

    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<T, ArchiveError>>> {
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
    chained: Chained,
    memory: LineMemory,
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
        let (file, chained) = (&manifest.segments[index], self.chained);
        let mut memory = mem::take(&mut self.memory);
        let take = |line: WholeLine| {
            let expected = line.sequence;
            if expected < self.from {
                return Ok(ControlFlow::Continue(expected));
            }
            let found = self.batch.push(line).map_err(Fault::NotAnEntry)?;
            if found == expected && self.batch.is_full() && self.send().is_break() {
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(found))
        };
        let read = segment::read(number, file, chained, chain, bytes, &mut memory, take);
        self.memory = memory;
        read
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
