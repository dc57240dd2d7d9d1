//! Room for connections: each takes one of the files that a process may have open, and so do log and store.

/// Files that are kept for what is no connection, or half of all where there are few: log, store, snapshots,
/// brokers, the runtime's own. The embedded log takes some fifteen a partition.
#[cfg(unix)]
const BESIDE_MAX: u64 = 4_096;

/// Raises the soft limit of open files as far as so many connections need it, and answers for how many
/// there is room: fewer where the hard limit is lower.
#[cfg(unix)]
pub(crate) fn make_room(connections: usize) -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let plan = Plan::of(getrlimit(Resource::Nofile), connections);
    match plan.raised.map(|limit| setrlimit(Resource::Nofile, limit)) {
        Some(Err(error)) => {
            tracing::warn!(%error, "the limit of open files can't be raised");
            Plan::of(fixed(getrlimit(Resource::Nofile)), connections).room
        }
        Some(Ok(())) | None => plan.room,
    }
}

/// [`make_room`], where nobody counts.
#[cfg(not(unix))]
pub(crate) const fn make_room(connections: usize) -> usize {
    connections
}

/// What to do about the limit.
#[cfg(unix)]
struct Plan {
    /// What to raise it to.
    raised: Option<rustix::process::Rlimit>,
    /// How many connections there is room for then.
    room: usize,
}

#[cfg(unix)]
impl Plan {
    fn of(limit: rustix::process::Rlimit, connections: usize) -> Self {
        let needed = connections as u64 + BESIDE_MAX;
        let within = |limit: Option<u64>| limit.is_none_or(|limit| needed <= limit);
        if within(limit.current) {
            return Self { raised: None, room: connections };
        }
        let reached = limit.maximum.map_or(needed, |hard| hard.min(needed));
        let raised = (limit.current != Some(reached))
            .then_some(rustix::process::Rlimit { current: Some(reached), ..limit });
        let room = reached - BESIDE_MAX.min(reached / 2);
        Self { raised, room: usize::try_from(room).unwrap_or(usize::MAX).clamp(1, connections) }
    }
}

/// The limit as it is, and no more.
#[cfg(unix)]
const fn fixed(limit: rustix::process::Rlimit) -> rustix::process::Rlimit {
    rustix::process::Rlimit { maximum: limit.current, ..limit }
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::Rlimit;

    use super::*;

    /// The soft limit that is set, and the room that there is for 10,000 connections.
    fn plan(current: Option<u64>, maximum: Option<u64>) -> (Option<u64>, usize) {
        let plan = Plan::of(Rlimit { current, maximum }, 10_000);
        (plan.raised.and_then(|limit| limit.current), plan.room)
    }

    #[test]
    fn the_soft_limit_is_raised_as_far_as_needed() {
        assert_eq!(plan(None, None), (None, 10_000));
        assert_eq!(plan(Some(14_096), Some(14_096)), (None, 10_000));
        assert_eq!(plan(Some(1_024), Some(1 << 20)), (Some(14_096), 10_000));
        assert_eq!(plan(Some(1_024), None), (Some(14_096), 10_000));
    }

    #[test]
    fn where_the_hard_limit_is_low_there_are_fewer_connections_and_files_are_left() {
        assert_eq!(plan(Some(1_024), Some(4_096)), (Some(4_096), 2_048));
        assert_eq!(plan(Some(4_096), Some(4_096)), (None, 2_048));
        assert_eq!(plan(Some(64), Some(256)), (Some(256), 128));
        assert_eq!(plan(Some(1), Some(1)), (None, 1));
    }
}
