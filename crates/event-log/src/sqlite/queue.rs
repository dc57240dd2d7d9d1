//! The bounded queue in front of a topic's writer.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use order_domain::{Offset, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot};
use tokio::time::{Instant, timeout_at};

use super::tail::RECORD_OVERHEAD_BYTES;
use crate::{LogError, NewRecord};

/// What may wait in front of a topic's writer, in bytes, [`RECORD_OVERHEAD_BYTES`] a record
/// included. A caller that finds it full waits.
pub const QUEUE_BYTES_MAX: u32 = 32 * 1024 * 1024;

/// Where the first of some records went; the others follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first record's offset.
    pub first: Offset,
    /// The timestamp of all of them.
    pub timestamp: Timestamp,
}

/// Where one caller waits to hear where its records went.
pub type Answer = oneshot::Sender<Result<Run, LogError>>;

/// Records of one partition that are to be written together.
pub struct Append {
    /// The partition.
    pub partition: usize,
    /// The records, in order.
    pub records: Vec<NewRecord>,
    /// Where the caller waits for the answer.
    pub answer: Answer,
    /// The place in the queue; free again when this is dropped.
    _room: OwnedSemaphorePermit,
}

/// What the writer is asked to do.
pub enum Request {
    /// Write records.
    Append(Append),
    /// Say whether anything can be written.
    Probe(oneshot::Sender<Result<(), LogError>>),
    /// Write what has come before this, then end.
    Close,
}

/// The callers' side.
pub struct Queue {
    requests: Sender<Request>,
    room: Arc<Semaphore>,
}

impl Queue {
    /// A queue and the writer's side of it.
    pub fn new() -> (Self, Receiver<Request>) {
        let (requests, receiver) = channel();
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX as usize));
        (Self { requests, room }, receiver)
    }

    /// Has records written, and waits for it at most `patience`.
    pub async fn append(
        &self,
        path: &Path,
        partition: usize,
        records: Vec<NewRecord>,
        patience: Duration,
    ) -> Result<Run, LogError> {
        let deadline = Instant::now() + patience;
        let overloaded = |what: &str| {
            LogError::Overloaded(format!("{what} of {} for {patience:?}", path.display()))
        };
        let permits = weight(&records).min(QUEUE_BYTES_MAX);
        let room = match Arc::clone(&self.room).try_acquire_many_owned(permits) {
            Ok(room) => room,
            Err(TryAcquireError::Closed) => return Err(LogError::Closed),
            Err(TryAcquireError::NoPermits) => {
                let waiting = Box::pin(Arc::clone(&self.room).acquire_many_owned(permits));
                timeout_at(deadline, waiting)
                    .await
                    .map_err(|_| overloaded("there was no room in the queue"))?
                    .map_err(|_| LogError::Closed)?
            }
        };
        let (answer, answered) = oneshot::channel();
        let append = Append { partition, records, answer, _room: room };
        self.requests.send(Request::Append(append)).map_err(|_| LogError::Closed)?;
        timeout_at(deadline, answered)
            .await
            .map_err(|_| overloaded("nothing was heard from the writer"))?
            .map_err(|_| LogError::Closed)?
    }

    /// Asks the writer whether it can write.
    pub async fn probe(&self) -> Result<(), LogError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Probe(answer)).map_err(|_| LogError::Closed)?;
        answered.await.map_err(|_| LogError::Closed)?
    }

    /// Asks the writer to end once it has written what came before.
    pub fn close(&self) {
        // A writer that is gone already needs no telling.
        let _ = self.requests.send(Request::Close);
    }
}

/// The room that records take in the queue.
pub fn weight(records: &[NewRecord]) -> u32 {
    let bytes: usize = records.iter().map(|record| record.size() + RECORD_OVERHEAD_BYTES).sum();
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
