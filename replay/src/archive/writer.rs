//! Writing an archive.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use super::entry::{Exchange, Sequence};
use super::error::ArchiveError;
use super::location::{Location, Store};
use super::manifest::{self, ArchiveId, Manifest};
use super::segment::{SegmentBuilder, check_length};

/// Entries that travel to the compressing thread together, at most.
const BATCH_ENTRIES_MAX: usize = 256;

/// Bytes of bodies that travel together, give or take one entry.
const BATCH_BYTES_MAX: usize = 256 << 10;

/// Batches that wait for the compressing thread.
const BATCHES_WAITING_MAX: usize = 4;

/// When a segment ends, and how it is compressed.
#[derive(Clone, Copy, Debug)]
pub struct WriterSettings {
    /// A segment ends with the line that makes it this long, in bytes before compression. What it
    /// takes compressed is held in memory.
    pub segment_bytes: u64,
    /// A segment ends when its first entry is this old, so that a writer which is killed loses no
    /// more than this. Looked at when entries arrive and while none do.
    pub segment_age: Duration,
    /// The level of zstd, 1 to 22.
    pub level: i32,
}

impl Default for WriterSettings {
    fn default() -> Self {
        Self { segment_bytes: 32 << 20, segment_age: Duration::from_secs(30), level: 3 }
    }
}

/// Appends to an archive. One writer at a time: two at once would spoil each other's segments.
///
/// Compression and files are a thread's; [`append`](Self::append) waits when that falls behind, so
/// memory is bounded. An entry is durable when its segment has ended, which [`flush`](Self::flush)
/// and [`finish`](Self::finish) bring about. A writer that is dropped loses the open segment.
pub struct ArchiveWriter {
    id: ArchiveId,
    next: Sequence,
    batch: Vec<Exchange>,
    batch_bytes: usize,
    orders: mpsc::Sender<Order>,
    worker: Option<JoinHandle<Result<Manifest, ArchiveError>>>,
}

enum Order {
    Write(Vec<Exchange>),
    Flush(oneshot::Sender<()>),
    Finish,
}

impl ArchiveWriter {
    /// Begins an archive where none is.
    pub async fn create(
        location: &Location,
        settings: WriterSettings,
    ) -> Result<Self, ArchiveError> {
        let store = location.open_or_create()?;
        let manifest = Manifest::empty(ArchiveId::random());
        store.create(manifest::FILE_NAME, manifest.to_json().into()).await?;
        Ok(Self::start(store, manifest, settings))
    }

    /// Continues an archive behind its last whole segment. What a killed writer had behind that is
    /// overwritten. Damage in earlier segments is not looked for.
    pub async fn resume(
        location: &Location,
        settings: WriterSettings,
    ) -> Result<Self, ArchiveError> {
        let store = location.open()?;
        let mut manifest = super::reader::read_manifest(&store).await?;
        manifest.finished = false;
        store.replace(manifest::FILE_NAME, manifest.to_json().into()).await?;
        Ok(Self::start(store, manifest, settings))
    }

    fn start(store: Store, manifest: Manifest, settings: WriterSettings) -> Self {
        let (orders, inbox) = mpsc::channel(BATCHES_WAITING_MAX);
        let (id, next) = (manifest.archive_id, manifest.next());
        let runtime = Handle::current();
        let worker = spawn_blocking(move || {
            Worker { store, manifest, settings, runtime, open: None }.run(inbox)
        });
        Self { id, next, batch: Vec::new(), batch_bytes: 0, orders, worker: Some(worker) }
    }

    /// Which archive this is.
    pub fn id(&self) -> ArchiveId {
        self.id
    }

    /// The sequence number that the next entry will have.
    pub fn next(&self) -> Sequence {
        self.next
    }

    /// Appends a request. Waits while the compressing thread is behind.
    ///
    /// After an error other than [`ArchiveError::EntryTooLong`] the writer takes no more.
    pub async fn append(&mut self, exchange: Exchange) -> Result<Sequence, ArchiveError> {
        check_length(&exchange)?;
        self.batch_bytes += exchange.body.bytes().len()
            + exchange.response.as_ref().map_or(0, |response| response.body.bytes().len());
        self.batch.push(exchange);
        let sequence = self.next;
        self.next = sequence.next();
        if self.batch.len() >= BATCH_ENTRIES_MAX || self.batch_bytes >= BATCH_BYTES_MAX {
            self.send_batch().await?;
        }
        Ok(sequence)
    }

    /// Ends the open segment: all entries so far are durable when it returns.
    pub async fn flush(&mut self) -> Result<(), ArchiveError> {
        self.send_batch().await?;
        let (done, flushed) = oneshot::channel();
        self.send(Order::Flush(done)).await?;
        match flushed.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        }
    }

    /// Ends the archive: all entries are durable, and the manifest says that it is complete.
    pub async fn finish(mut self) -> Result<Manifest, ArchiveError> {
        self.send_batch().await?;
        self.send(Order::Finish).await?;
        join(self.worker.take()).await
    }

    async fn send_batch(&mut self) -> Result<(), ArchiveError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        self.send(Order::Write(batch)).await
    }

    async fn send(&mut self, order: Order) -> Result<(), ArchiveError> {
        match self.orders.send(order).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        }
    }

    /// Why the worker is gone.
    async fn failure(&mut self) -> ArchiveError {
        match join(self.worker.take()).await {
            Ok(_) => ArchiveError::Stopped("its thread ended".to_owned()),
            Err(error) => error,
        }
    }
}

async fn join(
    worker: Option<JoinHandle<Result<Manifest, ArchiveError>>>,
) -> Result<Manifest, ArchiveError> {
    let Some(worker) = worker else {
        return Err(ArchiveError::Stopped("it failed before".to_owned()));
    };
    worker.await.unwrap_or_else(|error| Err(ArchiveError::Stopped(error.to_string())))
}

/// The compressing thread.
struct Worker {
    store: Store,
    manifest: Manifest,
    settings: WriterSettings,
    runtime: Handle,
    open: Option<OpenSegment>,
}

struct OpenSegment {
    builder: SegmentBuilder,
    ends: Instant,
}

impl Worker {
    /// Ends without finishing the archive when the writer was dropped.
    fn run(mut self, mut inbox: mpsc::Receiver<Order>) -> Result<Manifest, ArchiveError> {
        loop {
            match self.receive(&mut inbox) {
                Received::Late => self.end_segment()?,
                Received::Order(Order::Write(batch)) => self.write(&batch)?,
                Received::Order(Order::Flush(done)) => {
                    self.end_segment()?;
                    // The writer may have stopped waiting.
                    let _ = done.send(());
                }
                Received::Order(Order::Finish) => {
                    self.end_segment()?;
                    self.manifest.finished = true;
                    self.write_manifest()?;
                    return Ok(self.manifest);
                }
                Received::Dropped => return Ok(self.manifest),
            }
        }
    }

    fn receive(&self, inbox: &mut mpsc::Receiver<Order>) -> Received {
        let order = match &self.open {
            None => Ok(inbox.blocking_recv()),
            Some(open) => self.runtime.block_on(timeout_at(open.ends, inbox.recv())),
        };
        match order {
            Err(_) => Received::Late,
            Ok(Some(order)) => Received::Order(order),
            Ok(None) => Received::Dropped,
        }
    }

    fn write(&mut self, batch: &[Exchange]) -> Result<(), ArchiveError> {
        for exchange in batch {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => self.begin_segment()?,
            };
            open.builder.push(exchange).map_err(|error| stopped(&error))?;
            let full = open.builder.raw_bytes() >= self.settings.segment_bytes;
            self.open = Some(open);
            if full {
                self.end_segment()?;
            }
        }
        if self.open.as_ref().is_some_and(|open| open.ends <= Instant::now()) {
            self.end_segment()?;
        }
        Ok(())
    }

    fn begin_segment(&self) -> Result<OpenSegment, ArchiveError> {
        let manifest = &self.manifest;
        let builder = SegmentBuilder::new(
            manifest.next_segment(),
            manifest.next(),
            manifest.chain,
            self.settings.level,
        );
        let builder = builder.map_err(|error| stopped(&error))?;
        Ok(OpenSegment { builder, ends: Instant::now() + self.settings.segment_age })
    }

    /// First the segment, then the manifest that names it.
    fn end_segment(&mut self) -> Result<(), ArchiveError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let ended = open.builder.finish().map_err(|error| stopped(&error))?;
        let Some((segment, bytes)) = ended else { return Ok(()) };
        self.runtime.block_on(self.store.replace(&segment.file, bytes))?;
        self.manifest.push(segment);
        self.write_manifest()
    }

    fn write_manifest(&self) -> Result<(), ArchiveError> {
        let json = self.manifest.to_json();
        self.runtime.block_on(self.store.replace(manifest::FILE_NAME, json.into()))
    }
}

enum Received {
    Order(Order),
    /// The open segment has reached its age.
    Late,
    /// The writer is gone.
    Dropped,
}

fn stopped(error: &std::io::Error) -> ArchiveError {
    ArchiveError::Stopped(error.to_string())
}
