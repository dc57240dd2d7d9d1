//! How the workers are doing, for readiness probes and metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use order_domain::{Offset, Partition};

/// Which worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Decides commands.
    Engine,
    /// Writes SQL.
    Projector,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Engine, Self::Projector];

    /// The role's name in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Projector => "projector",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a worker is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerState {
    /// It restores its state.
    Starting,
    /// It keeps up with its topic.
    Running,
    /// What it needs is away; it tries again. The text says what.
    Waiting(String),
    /// It has given up and needs a person. The text says why.
    Stopped(String),
}

/// The states of all workers of this process. Cheap to clone: clones share the states.
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<Mutex<Workers>>);

#[derive(Debug, Default)]
struct Workers {
    by_partition: BTreeMap<(Role, Partition), Worker>,
    /// Roles that take part in their consumer group. Until then topics or schema are not there yet.
    joined: BTreeSet<Role>,
}

#[derive(Clone, Debug)]
struct Worker {
    state: WorkerState,
    /// The next record of its topic that the worker will handle.
    next: Offset,
    /// Records in the topic that the worker has not handled, as last looked at.
    lag: u64,
}

impl Status {
    /// Whether every worker runs, no farther behind than `lag_max` records; else which does not.
    pub fn check(&self, lag_max: u64) -> Result<(), String> {
        let workers = self.workers();
        if let Some(role) = Role::ALL.into_iter().find(|role| !workers.joined.contains(role)) {
            return Err(format!("the {role} has not begun: it waits for topics or schema"));
        }
        for ((role, partition), worker) in &workers.by_partition {
            let trouble = match &worker.state {
                WorkerState::Running | WorkerState::Starting if worker.lag > lag_max => {
                    format!("is {} records behind", worker.lag)
                }
                WorkerState::Running => continue,
                WorkerState::Starting => "is starting".to_owned(),
                WorkerState::Waiting(why) => format!("waits: {why}"),
                WorkerState::Stopped(why) => format!("has stopped: {why}"),
            };
            return Err(format!("{role} of partition {partition} {trouble}"));
        }
        Ok(())
    }

    /// The state of one worker; `None` where this process has no such worker.
    pub fn state(&self, role: Role, partition: Partition) -> Option<WorkerState> {
        self.workers().by_partition.get(&(role, partition)).map(|worker| worker.state.clone())
    }

    /// The role has what it needs and takes part in its consumer group.
    pub(crate) fn joined(&self, role: Role) {
        self.workers().joined.insert(role);
    }

    pub(crate) fn set(&self, role: Role, partition: Partition, state: WorkerState) {
        let workers = &mut self.workers().by_partition;
        match workers.get_mut(&(role, partition)) {
            Some(worker) => worker.state = state,
            None => {
                workers.insert((role, partition), Worker { state, next: Offset::ZERO, lag: 0 });
            }
        }
    }

    /// The worker has handled everything before `next`.
    pub(crate) fn set_next(&self, role: Role, partition: Partition, next: Offset) {
        if let Some(worker) = self.workers().by_partition.get_mut(&(role, partition)) {
            worker.next = next;
        }
    }

    /// Where each worker of this role stands in its topic.
    pub(crate) fn progress(&self, role: Role) -> Vec<(Partition, Offset)> {
        let workers = self.workers();
        let of_role = workers.by_partition.iter().filter(|((own, _), _)| *own == role);
        of_role.map(|((_, partition), worker)| (*partition, worker.next)).collect()
    }

    /// The partitions that this process has for this role, ascending.
    pub(crate) fn partitions(&self, role: Role) -> Vec<Partition> {
        self.progress(role).into_iter().map(|(partition, _)| partition).collect()
    }

    pub(crate) fn set_lag(&self, role: Role, partition: Partition, lag: u64) {
        if let Some(worker) = self.workers().by_partition.get_mut(&(role, partition)) {
            worker.lag = lag;
            report_lag(role, partition, lag);
        }
    }

    /// The worker is gone. What it said last is not true for ever: whoever has the partition now says it.
    pub(crate) fn remove(&self, role: Role, partition: Partition) {
        self.workers().by_partition.remove(&(role, partition));
        report_lag(role, partition, 0);
        if role == Role::Projector {
            report_parked(partition, 0);
        }
    }

    fn workers(&self) -> std::sync::MutexGuard<'_, Workers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Precise up to 2^53 records.
#[allow(clippy::cast_precision_loss)]
fn report_lag(role: Role, partition: Partition, records: u64) {
    metrics::gauge!("seriatim_lag_records", "role" => role.name(), "partition" => partition.to_string())
        .set(records as f64);
}

/// How many orders are parked in a partition.
// Precise up to 2^53 orders.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn report_parked(partition: Partition, orders: usize) {
    metrics::gauge!("seriatim_parked_subjects", "partition" => partition.to_string())
        .set(orders as f64);
}
