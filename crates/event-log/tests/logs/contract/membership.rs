//! Consumer groups: who owns which partition, and when it changes hands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use event_log::{EventLog, GroupId, MemberId, Membership, Rebalance, Topic};
use order_domain::Partition;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{LogUnderTest, PARTITIONS, STUCK, in_time, new_topic, unique};

/// When the partitions of a crashed member must be somebody else's. The logs of this suite let a member go
/// after two or three seconds; Kafka would by itself after 45.
const TAKEOVER_MAX: Duration = Duration::from_secs(30);

/// What the members of a test own, as they were told. Nobody may own what another does.
#[derive(Clone, Default)]
struct Owners(Arc<Mutex<BTreeMap<String, BTreeSet<Partition>>>>);

impl Owners {
    fn of(&self, member: &str) -> BTreeSet<Partition> {
        let owners = self.0.lock().expect("no member panicked");
        owners.get(member).cloned().unwrap_or_default()
    }

    fn apply(&self, member: &str, change: &Rebalance) {
        let mut owners = self.0.lock().expect("no member panicked");
        match change {
            Rebalance::Assigned(partitions) => {
                for partition in partitions {
                    let other = owners.iter().find(|(_, own)| own.contains(partition));
                    assert!(other.is_none(), "{partition} is {other:?}'s and {member} gets it too");
                }
                owners.entry(member.to_owned()).or_default().extend(partitions);
            }
            Rebalance::Revoked(partitions) => {
                let own = owners.entry(member.to_owned()).or_default();
                own.retain(|partition| !partitions.contains(partition));
            }
        }
    }

    /// What a member that is gone had, is nobody's.
    fn forget(&self, member: &str) {
        self.0.lock().expect("no member panicked").remove(member);
    }

    async fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) -> Duration {
        let started = Instant::now();
        while !holds(self) {
            assert!(started.elapsed() < STUCK, "{what}: {:?}", self.0.lock());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        started.elapsed()
    }
}

/// A member that does as it is told, in a task of its own.
struct Running {
    name: String,
    owners: Owners,
    /// Partitions that were taken from it, ever.
    revoked: Arc<Mutex<BTreeSet<Partition>>>,
    stop: oneshot::Sender<End>,
    task: JoinHandle<()>,
}

enum End {
    Leave,
    Crash,
}

impl Running {
    async fn start(
        log: &Arc<dyn EventLog>,
        group: &GroupId,
        topic: &Topic,
        name: &str,
        owners: &Owners,
    ) -> Self {
        let member = log.join(group, topic, &MemberId(name.to_owned())).await.expect("it joins");
        let (stop, stopped) = oneshot::channel();
        let revoked = Arc::new(Mutex::new(BTreeSet::new()));
        let task = obey(member, name.to_owned(), owners.clone(), revoked.clone(), stopped);
        let task = tokio::spawn(task);
        Self { name: name.to_owned(), owners: owners.clone(), revoked, stop, task }
    }

    async fn end(self, how: End) {
        // Whatever it has may be another's before this call returns.
        self.owners.forget(&self.name);
        self.stop.send(how).unwrap_or_else(|_| panic!("{} has ended by itself", self.name));
        in_time("a member's end", self.task).await.expect("a member's task");
    }

    fn revoked(&self) -> BTreeSet<Partition> {
        self.revoked.lock().expect("no member panicked").clone()
    }
}

async fn obey(
    mut member: Box<dyn Membership>,
    name: String,
    owners: Owners,
    revoked: Arc<Mutex<BTreeSet<Partition>>>,
    mut stopped: oneshot::Receiver<End>,
) {
    loop {
        tokio::select! {
            biased;
            how = &mut stopped => {
                if matches!(how, Ok(End::Leave)) {
                    member.leave().await.expect("it leaves");
                }
                return;
            }
            change = member.next() => {
                let change = change.expect("a change");
                owners.apply(&name, &change);
                if let Rebalance::Revoked(partitions) = &change {
                    revoked.lock().expect("no test panicked").extend(partitions);
                    member.release(partitions).await.expect("it releases");
                }
            }
        }
    }
}

fn all() -> BTreeSet<Partition> {
    (0..PARTITIONS).map(Partition).collect()
}

fn shared_by(owners: &Owners, members: &[&str]) -> bool {
    let shares: Vec<_> = members.iter().map(|member| owners.of(member)).collect();
    let union: BTreeSet<_> = shares.iter().flatten().copied().collect();
    let (least, most) =
        (PARTITIONS as usize / members.len(), (PARTITIONS as usize).div_ceil(members.len()));
    union == all() && shares.iter().all(|share| (least..=most).contains(&share.len()))
}

pub async fn one_member_gets_every_partition(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "alone").await;
    let (group, owners) = (GroupId(unique("group")), Owners::default());
    let a = Running::start(&log, &group, &topic, "a", &owners).await;
    owners.wait_until("a owns all", |o| o.of("a") == all()).await;
    a.end(End::Leave).await;
}

pub async fn a_second_member_takes_its_share_and_leaves_the_rest_alone(
    under_test: &dyn LogUnderTest,
) {
    let (log, other) = (under_test.open().await, under_test.open().await);
    let topic = new_topic(log.as_ref(), "second-member").await;
    let (group, owners) = (GroupId(unique("group")), Owners::default());
    let a = Running::start(&log, &group, &topic, "a", &owners).await;
    owners.wait_until("a owns all", |o| o.of("a") == all()).await;
    let b = Running::start(&other, &group, &topic, "b", &owners).await;
    owners.wait_until("a and b share", |o| shared_by(o, &["a", "b"])).await;
    let moved = a.revoked();
    assert_eq!(moved, owners.of("b"), "only what moves is revoked");
    a.end(End::Leave).await;
    b.end(End::Leave).await;
}

pub async fn a_member_that_leaves_gives_up_its_share_at_once(under_test: &dyn LogUnderTest) {
    let (log, other) = (under_test.open().await, under_test.open().await);
    let topic = new_topic(log.as_ref(), "leaves").await;
    let (group, owners) = (GroupId(unique("group")), Owners::default());
    let a = Running::start(&log, &group, &topic, "a", &owners).await;
    let b = Running::start(&other, &group, &topic, "b", &owners).await;
    owners.wait_until("a and b share", |o| shared_by(o, &["a", "b"])).await;
    let before = b.revoked();
    a.end(End::Leave).await;
    owners.wait_until("b owns all", |o| o.of("b") == all()).await;
    assert_eq!(b.revoked(), before, "what b had stays b's");
    b.end(End::Leave).await;
}

pub async fn the_share_of_a_crashed_member_is_taken_over(under_test: &dyn LogUnderTest) {
    let (log, other) = (under_test.open().await, under_test.open().await);
    let topic = new_topic(log.as_ref(), "crashes").await;
    let (group, owners) = (GroupId(unique("group")), Owners::default());
    let a = Running::start(&log, &group, &topic, "a", &owners).await;
    let b = Running::start(&other, &group, &topic, "b", &owners).await;
    owners.wait_until("a and b share", |o| shared_by(o, &["a", "b"])).await;
    a.end(End::Crash).await;
    let waited = owners.wait_until("b owns all", |o| o.of("b") == all()).await;
    assert!(waited <= TAKEOVER_MAX, "{waited:?}");
    b.end(End::Leave).await;
}

pub async fn a_member_that_restarts_finds_its_share_again(under_test: &dyn LogUnderTest) {
    let (log, other) = (under_test.open().await, under_test.open().await);
    let topic = new_topic(log.as_ref(), "restarts").await;
    let (group, owners) = (GroupId(unique("group")), Owners::default());
    let a = Running::start(&log, &group, &topic, "a", &owners).await;
    let b = Running::start(&other, &group, &topic, "b", &owners).await;
    owners.wait_until("a and b share", |o| shared_by(o, &["a", "b"])).await;
    let (share, b_lost) = (owners.of("a"), b.revoked());
    a.end(End::Crash).await;
    let a = Running::start(&log, &group, &topic, "a", &owners).await;
    owners.wait_until("a has its share again", |o| o.of("a") == share).await;
    assert!(shared_by(&owners, &["a", "b"]));
    assert_eq!(b.revoked(), b_lost, "a quick restart moves nothing");
    a.end(End::Leave).await;
    b.end(End::Leave).await;
}

pub async fn groups_share_a_topic_without_knowing_of_one_another(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "groups").await;
    let (one, two) = (Owners::default(), Owners::default());
    let a = Running::start(&log, &GroupId(unique("group")), &topic, "a", &one).await;
    let b = Running::start(&log, &GroupId(unique("group")), &topic, "a", &two).await;
    one.wait_until("a owns all", |o| o.of("a") == all()).await;
    two.wait_until("so does the other a", |o| o.of("a") == all()).await;
    a.end(End::Leave).await;
    b.end(End::Leave).await;
}

pub async fn a_dropped_wait_loses_no_change(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "dropped-wait").await;
    let group = GroupId(unique("group"));
    let mut member = log.join(&group, &topic, &MemberId("a".into())).await.expect("it joins");
    let started = Instant::now();
    let mut owned = BTreeSet::new();
    for attempt in 0_u64.. {
        assert!(started.elapsed() < STUCK, "{owned:?}");
        let patience = Duration::from_micros(attempt % 100 * 200);
        match tokio::time::timeout(patience, member.next()).await {
            Ok(Ok(Rebalance::Assigned(partitions))) => owned.extend(partitions),
            Ok(other) => panic!("{other:?}"),
            Err(_) => {}
        }
        if owned == all() {
            break;
        }
    }
    member.leave().await.expect("it leaves");
}
