//! Consumer groups over a small file that all processes share.
//!
//! There is no coordinator. Each member takes a *turn* every [`HEARTBEAT`], and at once when a
//! member of the same process changed something: in one transaction it renews its lease, clears
//! away members whose lease ran out, works out who should own what (the same for everyone, see
//! [`shares`]), gives up what is no longer its own and takes what is free. A partition is free
//! when its owner has released it, or has not done so within [`REVOCATION_TIMEOUT`].

mod groups;
mod shares;
mod turn;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use order_domain::Partition;
use rusqlite::Connection;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::groups::Groups;
use self::turn::Outcome;
use crate::{GroupId, LogError, MemberId, Membership, Rebalance, Topic};

/// How long a member is believed to be alive after its last turn.
pub const SESSION_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a member takes a turn.
pub const HEARTBEAT: Duration = Duration::from_millis(500);

/// How long a member may take to release what was revoked before others take it.
pub const REVOCATION_TIMEOUT: Duration = Duration::from_secs(5);

/// A member's place in a group.
#[derive(Clone, Debug)]
pub struct Place {
    group: String,
    topic: String,
    member: String,
    partitions: u32,
}

impl Place {
    /// The place of `member`.
    pub fn new(group: &GroupId, topic: &Topic, member: &MemberId, partitions: u32) -> Self {
        Self {
            group: group.0.clone(),
            topic: topic.to_string(),
            member: member.0.clone(),
            partitions,
        }
    }
}

/// Takes a place, from whoever had it before under the same name.
pub async fn join(
    groups: &Arc<Groups>,
    place: Place,
    closed: CancellationToken,
) -> Result<Box<dyn Membership>, LogError> {
    let of_turn = place.clone();
    let changes = groups.changes();
    let incarnation =
        Groups::run(groups, move |t| turn::join(t, &of_turn, now_ms()), |_| true).await?;
    Ok(Box::new(SqliteMembership {
        groups: Arc::clone(groups),
        place,
        incarnation,
        changes,
        closed,
        owned: BTreeSet::new(),
    }))
}

/// A member that is in a group.
struct SqliteMembership {
    groups: Arc<Groups>,
    place: Place,
    /// Tells this member from one of the same name in another process.
    incarnation: i64,
    changes: watch::Receiver<u64>,
    closed: CancellationToken,
    /// What the caller was told that it owns.
    owned: BTreeSet<u32>,
}

#[async_trait]
impl Membership for SqliteMembership {
    async fn next(&mut self) -> Result<Rebalance, LogError> {
        loop {
            if self.closed.is_cancelled() {
                return Err(LogError::Closed);
            }
            self.changes.mark_unchanged();
            let Outcome { lost, gained, .. } = self.take_turn().await?;
            if !lost.is_empty() {
                self.owned.retain(|partition| !lost.contains(partition));
                return Ok(Rebalance::Revoked(partitions(lost)));
            }
            if !gained.is_empty() {
                self.owned.extend(&gained);
                return Ok(Rebalance::Assigned(partitions(gained)));
            }
            tokio::select! {
                // The sender lives in `groups`, so it can't have gone.
                _ = self.changes.changed() => {}
                () = tokio::time::sleep(HEARTBEAT) => {}
                () = self.closed.cancelled() => {}
            }
        }
    }

    async fn release(&mut self, partitions: &[Partition]) -> Result<(), LogError> {
        let (place, incarnation, partitions) =
            (self.place.clone(), self.incarnation, partitions.to_vec());
        let release = move |t: &Connection| turn::release(t, &place, incarnation, &partitions);
        Groups::run(&self.groups, release, |released| *released > 0).await.map(drop)
    }

    async fn leave(self: Box<Self>) -> Result<(), LogError> {
        let (place, incarnation) = (self.place.clone(), self.incarnation);
        Groups::run(&self.groups, move |t| turn::leave(t, &place, incarnation), |()| true).await
    }
}

impl SqliteMembership {
    async fn take_turn(&self) -> Result<Outcome, LogError> {
        let (place, incarnation, owned) =
            (self.place.clone(), self.incarnation, self.owned.clone());
        let turn = move |t: &Connection| turn::take(t, &place, incarnation, &owned, now_ms());
        let outcome = Groups::run(&self.groups, turn, |o: &Option<Outcome>| {
            o.as_ref().is_some_and(|outcome| outcome.changed)
        });
        outcome.await?.ok_or_else(|| {
            LogError::Configuration(format!(
                "another process joined group {} as {}: every member needs a name of its own",
                self.place.group, self.place.member
            ))
        })
    }
}

fn partitions(numbers: Vec<u32>) -> Vec<Partition> {
    numbers.into_iter().map(Partition).collect()
}

fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
