//! Writing an archive.

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use crate::chain::Chain;
use crate::claim::{Claim, Found};
use crate::entry::{Exchange, Sequence};
use crate::error::ArchiveError;
use crate::location::Location;
use crate::manifest::{ArchiveId, Manifest};
use crate::segment::{SegmentBuilder, check_length};

/// Entries that wait for the compressing thread.
const ENTRIES_WAITING_MAX: usize = 1024;

/// KiB of bodies that wait for the compressing thread; a longer one waits alone.
const KIB_WAITING_MAX: u32 = 8 << 10;

/// What the compressing thread takes at once.
const BATCH_ENTRIES_MAX: usize = 256;

/// How long the thread lets entries gather when it finds few: to be woken for each of them would cost
/// the writer more than the entry does.
const GATHER: Duration = Duration::from_millis(1);

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

/// Appends to an archive. One writer at a time: in a folder the second is refused; in an object store
/// it takes the archive over, and the first fails with [`ArchiveError::TakenOver`] when its next segment
/// ends. (An object store that knows no conditional puts keeps nobody away, which is warned of.)
///
/// Compression and files are a thread's; [`append`](Self::append) waits when that falls behind, so
/// memory is bounded. An entry is durable when its segment has ended, which [`flush`](Self::flush)
/// and [`finish`](Self::finish) bring about. A writer that is dropped loses the open segment.
pub struct ArchiveWriter {
    id: ArchiveId,
    next: Sequence,
    chain: Chain,
    room: Arc<Semaphore>,
    orders: mpsc::Sender<Order>,
    worker: Option<JoinHandle<Result<Manifest, ArchiveError>>>,
}

enum Order {
    /// An entry, and the room it took.
    Write(Box<Exchange>, u32),
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
        let lock = location.lock()?;
        let manifest = Manifest::empty(ArchiveId::random());
        let (claim, manifest) = Claim::create(store, lock, manifest).await?;
        Ok(Self::start(claim, manifest, settings))
    }

    /// Continues an archive behind its last whole segment. What a killed writer had behind that is
    /// not in it. Damage in earlier segments is not looked for.
    pub async fn resume(
        location: &Location,
        settings: WriterSettings,
    ) -> Result<Self, ArchiveError> {
        let store = location.open()?;
        let lock = location.lock()?;
        let found = Found::in_store(&store).await?;
        location.remove_staged().map_err(|error| stopped(&error))?;
        let (claim, manifest) = Claim::take_over(store, lock, found).await?;
        Ok(Self::start(claim, manifest, settings))
    }

    pub(crate) fn start(claim: Claim, manifest: Manifest, settings: WriterSettings) -> Self {
        let (orders, inbox) = mpsc::channel(ENTRIES_WAITING_MAX);
        let (id, next, chain) = (manifest.archive_id, manifest.next(), manifest.chain);
        let room = Arc::new(Semaphore::new(KIB_WAITING_MAX as usize));
        let worker = Worker {
            claim,
            manifest,
            settings,
            runtime: Handle::current(),
            room: Arc::clone(&room),
            open: None,
        };
        let worker = Some(spawn_blocking(move || worker.run(inbox)));
        Self { id, next, chain, room, orders, worker }
    }

    /// Which archive this is.
    pub fn id(&self) -> ArchiveId {
        self.id
    }

    /// The sequence number that the next entry will have.
    pub fn next(&self) -> Sequence {
        self.next
    }

    /// The chain of what the archive held when this writer began.
    pub fn chain_before(&self) -> Chain {
        self.chain
    }

    /// Appends a request. Waits while the compressing thread is behind.
    ///
    /// After an error other than [`ArchiveError::EntryTooLong`] the writer takes no more.
    pub async fn append(&mut self, exchange: Exchange) -> Result<Sequence, ArchiveError> {
        check_length(&exchange)?;
        let kib = kib(&exchange);
        let taken = self.room.acquire_many(kib).await.map(SemaphorePermit::forget);
        if taken.is_err() {
            return Err(self.failure().await);
        }
        self.send(Order::Write(Box::new(exchange), kib)).await?;
        let sequence = self.next;
        self.next = sequence.next();
        Ok(sequence)
    }

    /// Ends the open segment: all entries so far are durable when it returns.
    pub async fn flush(&mut self) -> Result<(), ArchiveError> {
        let (done, flushed) = oneshot::channel();
        self.send(Order::Flush(done)).await?;
        match flushed.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        }
    }

    /// Ends the archive: all entries are durable, and the manifest says that it is complete.
    pub async fn finish(mut self) -> Result<Manifest, ArchiveError> {
        self.send(Order::Finish).await?;
        let worker = self.worker.take();
        // With the sender the thread's orders end.
        drop(self);
        join(worker).await
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

/// The room that an entry takes among those that wait.
fn kib(exchange: &Exchange) -> u32 {
    let response = exchange.response.as_ref().map_or(0, |response| response.body.bytes().len());
    let bytes = exchange.body.bytes().len() + response;
    u32::try_from(bytes / 1024).unwrap_or(u32::MAX).clamp(1, KIB_WAITING_MAX)
}

/// The compressing thread.
struct Worker {
    claim: Claim,
    manifest: Manifest,
    settings: WriterSettings,
    runtime: Handle,
    room: Arc<Semaphore>,
    open: Option<OpenSegment>,
}

struct OpenSegment {
    builder: SegmentBuilder,
    ends: Instant,
}

impl Worker {
    /// Ends without finishing the archive when the writer was dropped.
    fn run(mut self, mut inbox: mpsc::Receiver<Order>) -> Result<Manifest, ArchiveError> {
        let mut batch = Vec::with_capacity(BATCH_ENTRIES_MAX);
        let result = loop {
            let mut few = false;
            match self.receive(&mut inbox, &mut batch) {
                Ok(0) => break Ok(()),
                Ok(orders) => few = orders < BATCH_ENTRIES_MAX,
                Err(_) => {
                    if let Err(error) = self.end_segment() {
                        break Err(error);
                    }
                }
            }
            if let Err(error) = batch.drain(..).try_for_each(|order| self.carry_out(order)) {
                break Err(error);
            }
            if few && !inbox.is_closed() {
                sleep(GATHER);
            }
        };
        // Who waits for room learns that there will be none.
        self.room.close();
        result.map(|()| self.manifest)
    }

    /// How many orders came: 0 when the writer is gone. An error when the open segment has reached
    /// its age before any came.
    fn receive(
        &self,
        inbox: &mut mpsc::Receiver<Order>,
        batch: &mut Vec<Order>,
    ) -> Result<usize, Elapsed> {
        let received = inbox.recv_many(batch, BATCH_ENTRIES_MAX);
        match &self.open {
            None => Ok(self.runtime.block_on(received)),
            Some(open) => self.runtime.block_on(timeout_at(open.ends, received)),
        }
    }

    fn carry_out(&mut self, order: Order) -> Result<(), ArchiveError> {
        match order {
            Order::Write(exchange, kib) => {
                self.write(&exchange)?;
                self.room.add_permits(kib as usize);
            }
            Order::Flush(done) => {
                self.end_segment()?;
                // The writer may have stopped waiting.
                let _ = done.send(());
            }
            Order::Finish => {
                self.end_segment()?;
                self.manifest.finished = true;
                self.put_manifest()?;
            }
        }
        Ok(())
    }

    fn write(&mut self, exchange: &Exchange) -> Result<(), ArchiveError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin_segment()?,
        };
        open.builder.push(exchange).map_err(|error| stopped(&error))?;
        let full = open.builder.raw_bytes() >= self.settings.segment_bytes;
        self.open = Some(open);
        if full { self.end_segment() } else { Ok(()) }
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
        let Some((mut segment, bytes)) = ended else { return Ok(()) };
        let number = self.manifest.next_segment();
        segment.file = self.runtime.block_on(self.claim.put_segment(number, bytes))?;
        self.manifest.push(segment);
        self.put_manifest()
    }

    fn put_manifest(&mut self) -> Result<(), ArchiveError> {
        self.runtime.block_on(self.claim.put_manifest(&self.manifest))
    }
}

fn stopped(error: &std::io::Error) -> ArchiveError {
    ArchiveError::Stopped(error.to_string())
}
