//! Batches that wait while another one is written become one transaction.
//!
//! SQLite has one writer at a time. Where many partitions project few events each, most of a
//! transaction's cost is its beginning and its end, and the pages that every one changes anew: sharing
//! one is what keeps them fast. So small ones also keep a distance from the one before, in which
//! others come in.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::sync::{Mutex as Turn, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::sqlite::errors::classify;
use crate::sqlite::write_back::WriteBack;
use crate::{ProjectionBatch, StoreError};

/// What is written together, in batches that wait; each projector waits with one at a time.
const GATHERED_MAX: usize = 64;

/// How long after the beginning of one transaction the next small one begins. The first after a pause
/// begins at once.
const DISTANCE: Duration = Duration::from_millis(4);

/// From how many rows on a transaction is worth its cost and keeps no distance.
const WORTH_ROWS: usize = 32;

/// The one that writes, and those that wait for it.
pub struct Gathering {
    writer: SqlitePool,
    write_back: WriteBack,
    /// Held by who writes; when it last began to.
    turn: Turn<Option<Instant>>,
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting {
    batch: ProjectionBatch,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl Gathering {
    /// Over the only connection of `writer`, which was made with `options`.
    pub fn new(writer: SqlitePool, options: SqliteConnectOptions) -> Self {
        let write_back = WriteBack::new(options);
        Self { writer, write_back, turn: Turn::default(), waiting: Mutex::default() }
    }

    /// Writes the batch: at once where nobody writes, else together with all others that wait. One
    /// that fails takes none of the others with it.
    pub async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        if let Ok(mut began) = self.turn.try_lock()
            && (rows(batch) >= WORTH_ROWS || due(*began) <= Instant::now())
        {
            *began = Some(Instant::now());
            return self.write(&[batch]).await;
        }
        loop {
            let (answer, mut answered) = oneshot::channel();
            self.waiting().push(Waiting { batch: batch.clone(), answer });
            tokio::select! {
                biased;
                Ok(done) = &mut answered => return done,
                mut began = self.turn.lock() => {
                    if self.waiting().iter().map(|one| rows(&one.batch)).sum::<usize>() < WORTH_ROWS {
                        sleep_until(due(*began)).await;
                    }
                    *began = Some(Instant::now());
                    self.write_waiting().await;
                    if let Ok(done) = answered.try_recv() {
                        return done;
                    }
                }
            }
            // Who was writing it was told to stop in the middle, so that nothing of it is written.
        }
    }

    async fn write_waiting(&self) {
        let mut waiting = self.take();
        // Whoever stopped waiting may try again with another batch, and finds that nothing moved.
        waiting.retain(|one| !one.answer.is_closed());
        let batches: Vec<&ProjectionBatch> = waiting.iter().map(|one| &one.batch).collect();
        let together = self.write(&batches).await;
        for Waiting { batch, answer } in waiting {
            let done = match &together {
                Ok(()) => Ok(()),
                Err(_) => self.write(&[&batch]).await,
            };
            // Whoever waited may have gone.
            let _ = answer.send(done);
        }
    }

    async fn write(&self, batches: &[&ProjectionBatch]) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await.map_err(classify)?;
        let outcome = super::apply_on(&mut connection, batches).await;
        if outcome.is_ok() {
            self.write_back.finish(&mut connection).await;
            self.write_back.wrote();
        }
        super::settle(connection, outcome)
    }

    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        let at_once = waiting.len().min(GATHERED_MAX);
        waiting.drain(..at_once).collect()
    }

    /// The lock is held for a look-up only, and never across an await.
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a small transaction may begin, where the last one began then.
fn due(began: Option<Instant>) -> Instant {
    began.map_or_else(Instant::now, |began| began + DISTANCE)
}

fn rows(batch: &ProjectionBatch) -> usize {
    batch.orders.len() + batch.trading.len()
}
