//! Which partitions are ours: one worker for each, started and stopped as the group decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use event_log::{EventLog, GroupId, LogError, MemberId, Membership, Rebalance, Topic};
use order_domain::Partition;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::patience::Patience;

/// Works on one partition.
#[async_trait]
pub trait Worker: Send + Sync + 'static {
    /// Works until `stop`, then returns when everything it began is finished. It mends or waits out
    /// what it can; when it returns by itself, the partition rests until it is assigned again.
    async fn work(&self, partition: Partition, stop: CancellationToken);
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
        let worker = worker.clone();
        let work_stop = stop.clone();
        let task = tokio::spawn(async move { worker.work(partition, work_stop).await });
        self.0.insert(partition, (stop, task));
    }

    async fn stop(&mut self, partitions: &[Partition]) {
        let stopping: Vec<_> =
            partitions.iter().filter_map(|partition| self.0.remove(partition)).collect();
        for (stop, _) in &stopping {
            stop.cancel();
        }
        for (_, task) in stopping {
            // A panic of one partition's worker was reported where it happened.
            let _ = task.await;
        }
    }

    async fn stop_all(&mut self) {
        let all: Vec<_> = self.0.keys().copied().collect();
        self.stop(&all).await;
    }
}
