//! A worker's life: run over the log until an error, then, where waiting helps, run again.

use std::fmt::Display;

use async_trait::async_trait;
use event_log::LogError;
use order_domain::Partition;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::dead_letters::DeadLetterLimit;
use crate::partitions::Worker;
use crate::patience::Patience;
use crate::status::{Role, Status, WorkerState};
use crate::{Clock, DeadLetterLimitSettings};

/// What a role does with a partition from one error to the next.
#[async_trait]
pub(crate) trait Run: Send + Sync + 'static {
    /// The role.
    const ROLE: Role;
    /// Why a run ends before it was told to.
    type Error: RunError;

    /// Where the role tells how it is.
    fn status(&self) -> &Status;

    /// Where its time comes from.
    fn clock(&self) -> Clock;

    /// When to stop instead of dead-lettering on.
    fn dead_letters(&self) -> DeadLetterLimitSettings;

    /// Makes its state from what is kept and works until `stop` or an error.
    async fn run(
        &self,
        partition: Partition,
        course: &mut Course,
        stop: &CancellationToken,
    ) -> Result<(), Self::Error>;
}

/// Why a run ended before it was told to.
pub(crate) trait RunError: Display + Send {
    /// Whether a person must help.
    fn is_final(&self) -> bool;

    /// What is told of it to whoever asks a probe.
    fn told(&self) -> String;
}

/// What is told of an error whose cause may name files and hosts: only its summary.
pub(crate) fn without_cause(summary: &str) -> String {
    format!("{summary}; the log of this program says why")
}

/// What outlives a single run.
pub(crate) struct Course {
    /// Counts dead letters.
    pub(crate) limit: DeadLetterLimit,
    /// Reset it when the run has got somewhere.
    pub(crate) patience: Patience,
}

#[async_trait]
impl<R: Run> Worker for R {
    async fn work(&self, partition: Partition, stop: CancellationToken) {
        let limit = DeadLetterLimit::new(self.dead_letters());
        let mut course = Course { limit, patience: self.clock().patience() };
        let (role, status) = (R::ROLE, self.status());
        while !stop.is_cancelled() {
            status.set(role, partition, WorkerState::Starting);
            let Err(error) = self.run(partition, &mut course, &stop).await else { break };
            if stop.is_cancelled() {
                break;
            }
            if error.is_final() {
                error!(%role, %partition, %error, "a worker has stopped");
                status.set(role, partition, WorkerState::Stopped(error.told()));
                stop.cancelled().await;
                break;
            }
            warn!(%role, %partition, %error, "a worker makes its state anew and tries again");
            status.set(role, partition, WorkerState::Waiting(error.told()));
            tokio::select! {
                () = stop.cancelled() => {}
                () = course.patience.wait() => {}
            }
        }
        status.remove(role, partition);
    }

    fn panicked(&self, partition: Partition) {
        let why = "it panicked; the log of this program says where".to_owned();
        self.status().set(R::ROLE, partition, WorkerState::Waiting(why));
    }
}

/// Whether no waiting helps a reader or writer of the log.
pub(crate) const fn needs_a_person(error: &LogError) -> bool {
    matches!(error, LogError::Corrupt(_) | LogError::Configuration(_) | LogError::OutOfRange { .. })
}

#[cfg(test)]
mod tests {
    use order_store::StoreError;

    use super::*;
    use crate::engine::restore::RestoreError;
    use crate::{engine, projector};

    #[test]
    fn what_a_probe_tells_names_no_file_and_no_host() {
        let cause = || "/srv/seriatim/orders.sqlite, db.internal:5432".to_owned();
        let damaged = || LogError::Corrupt(cause());
        for told in [
            engine::RunError::Log(LogError::Unavailable(cause())).told(),
            engine::RunError::Restore(RestoreError::Log(damaged())).told(),
            projector::RunError::Log(damaged()).told(),
            projector::RunError::Store(StoreError::Unavailable(cause())).told(),
        ] {
            assert!(told.ends_with("; the log of this program says why"), "{told}");
            assert!(!told.contains(&cause()), "{told}");
        }
        let deposed = engine::RunError::Deposed.told();
        assert_eq!(deposed, "another engine writes to this partition");
    }
}
