//! Which partitions are ours: one worker for each, started and stopped as the group decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use event_log::{EventLog, GroupId, LogError, MemberId, Membership, Rebalance, Topic};
use order_domain::Partition;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::patience::Patience;

/// Works on one partition.
#[async_trait]
pub trait Worker: Send + Sync + 'static {
    /// Works until `stop`, then returns when everything it began is finished. It mends or waits out
    /// what it can; when it returns by itself, the partition rests until it is assigned again.
    async fn work(&self, partition: Partition, stop: CancellationToken);

    /// The work ended in a panic: a fault of ours. It is begun again after a pause.
    fn panicked(&self, partition: Partition);
}

/// Follows `group`'s assignment of the partitions of `topic` until `stop`, then stops every worker
/// and leaves the group.
pub async fn follow(
    log: Arc<dyn EventLog>,
    group: GroupId,
    topic: Topic,
    member: MemberId,
    worker: Arc<dyn Worker>,
    stop: CancellationToken,
) {
    let mut patience = Patience::new();
    while !stop.is_cancelled() {
        let error = match log.join(&group, &topic, &member).await {
            Ok(membership) => {
                patience.reset();
                match follow_membership(membership, &topic, &worker, &stop).await {
                    Ok(()) => return,
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        warn!(group = %group.0, %error, "no membership of the group; trying again");
        tokio::select! {
            () = stop.cancelled() => {}
            () = patience.wait() => {}
        }
    }
}

async fn follow_membership(
    mut membership: Box<dyn Membership>,
    topic: &Topic,
    worker: &Arc<dyn Worker>,
    stop: &CancellationToken,
) -> Result<(), LogError> {
    let mut running = Running::default();
    let outcome = loop {
        let change = tokio::select! {
            () = stop.cancelled() => break Ok(()),
            change = membership.next() => change,
        };
        match change {
            Ok(Rebalance::Assigned(partitions)) => {
                info!(topic = %topic, partitions = %listed(&partitions), "assigned");
                for partition in partitions {
                    running.start(partition, worker);
                }
            }
            Ok(Rebalance::Revoked(partitions)) => {
                info!(topic = %topic, partitions = %listed(&partitions), "revoked");
                running.stop(&partitions).await;
                if let Err(error) = membership.release(&partitions).await {
                    break Err(error);
                }
            }
            Err(error) => break Err(error),
        }
    };
    running.stop_all().await;
    let left = membership.leave().await;
    outcome.and(left)
}

/// Begins the work again, after a pause, when it panics: its state comes from the log, so that a
/// panic can't leave it half-way.
async fn supervise(worker: Arc<dyn Worker>, partition: Partition, stop: CancellationToken) {
    let mut patience = Patience::new();
    loop {
        let (at_work, work_stop) = (worker.clone(), stop.clone());
        let work = tokio::spawn(async move { at_work.work(partition, work_stop).await });
        let Err(panic) = work.await else { return };
        error!(%partition, %panic, "a worker panicked");
        worker.panicked(partition);
        tokio::select! {
            () = stop.cancelled() => return,
            () = patience.wait() => {}
        }
    }
}

/// `0, 1, 5`.
fn listed(partitions: &[Partition]) -> String {
    partitions.iter().map(Partition::to_string).collect::<Vec<_>>().join(", ")
}

/// The workers that run.
#[derive(Default)]
struct Running(BTreeMap<Partition, (CancellationToken, JoinHandle<()>)>);

impl Running {
    fn start(&mut self, partition: Partition, worker: &Arc<dyn Worker>) {
        if self.0.contains_key(&partition) {
            return;
        }
        let stop = CancellationToken::new();
        let task = tokio::spawn(supervise(worker.clone(), partition, stop.clone()));
        self.0.insert(partition, (stop, task));
    }

    async fn stop(&mut self, partitions: &[Partition]) {
        let stopping: Vec<_> =
            partitions.iter().filter_map(|partition| self.0.remove(partition)).collect();
        for (stop, _) in &stopping {
            stop.cancel();
        }
        for (_, task) in stopping {
            task.await.expect("supervision does not panic");
        }
    }

    async fn stop_all(&mut self) {
        let all: Vec<_> = self.0.keys().copied().collect();
        self.stop(&all).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Panics twice, then works until it is told to stop.
    #[derive(Default)]
    struct Shaky {
        begun: AtomicU32,
        panicked: AtomicU32,
    }

    #[async_trait]
    impl Worker for Shaky {
        async fn work(&self, _: Partition, stop: CancellationToken) {
            let times = self.begun.fetch_add(1, Ordering::SeqCst);
            assert!(times >= 2, "a fault of ours");
            stop.cancelled().await;
        }

        fn panicked(&self, _: Partition) {
            self.panicked.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_panics_is_begun_again() {
        let shaky = Arc::new(Shaky::default());
        let worker: Arc<dyn Worker> = shaky.clone();
        let mut running = Running::default();
        running.start(Partition(0), &worker);
        while shaky.begun.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        running.stop_all().await;
        assert_eq!(shaky.panicked.load(Ordering::SeqCst), 2);
    }
}
