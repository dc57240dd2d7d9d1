//! Writing to the store: in place, again and again, while it is away.

use std::sync::Arc;
use std::time::Instant;

use order_domain::Partition;
use order_store::{ProjectionBatch, ProjectionStore, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::RunError;
use crate::Clock;
use crate::status::{Role, Status, WorkerState};

/// The store's only writer for one partition.
pub(super) struct Writer {
    store: Arc<dyn ProjectionStore>,
    partition: Partition,
    status: Status,
    stop: CancellationToken,
    clock: Clock,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn ProjectionStore>,
        partition: Partition,
        status: Status,
        stop: CancellationToken,
        clock: Clock,
    ) -> Self {
        // A counter that begins with its first failure does not show that one as growth.
        retries().increment(0);
        Self { store, partition, status, stop, clock }
    }

    /// Writes `batch`. While the store is away it tries again with growing pauses, for ever; nothing
    /// is skipped, the log keeps the rest. Other errors come back at once, nothing written.
    pub(super) async fn write(&self, batch: &ProjectionBatch) -> Result<(), RunError> {
        let mut patience = self.clock.patience();
        let mut waited = false;
        loop {
            let began = Instant::now();
            match self.store.apply(batch).await {
                Ok(()) => {
                    metrics::histogram!("seriatim_store_write_duration_seconds")
                        .record(began.elapsed());
                    if waited {
                        info!(partition = %self.partition, "the store is back");
                        self.set(WorkerState::Running);
                    }
                    return Ok(());
                }
                Err(error) if error.is_retryable() => {
                    if !waited {
                        warn!(partition = %self.partition, %error, "waiting for the store");
                        self.set(WorkerState::Waiting("the store is away".to_owned()));
                        waited = true;
                    }
                    retries().increment(1);
                }
                Err(error) => return Err(error.into()),
            }
            tokio::select! {
                () = self.stop.cancelled() => return Err(RunError::Interrupted),
                () = patience.wait() => {}
            }
        }
    }

    fn set(&self, state: WorkerState) {
        self.status.set(Role::Projector, self.partition, state);
    }
}

/// Whether the store refused the data, which other data may not share.
pub(super) fn refusal(error: RunError) -> Result<String, RunError> {
    match error {
        RunError::Store(StoreError::Refused(cause)) => Ok(cause),
        other => Err(other),
    }
}

/// Writes that had to be tried again.
fn retries() -> metrics::Counter {
    metrics::counter!("seriatim_store_retries_total")
}
