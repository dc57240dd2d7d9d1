//! A place in a consumer group.
//!
//! A thread polls the consumer, since librdkafka hands out and takes back partitions in callbacks
//! that may have to wait: a partition is given up only when its owner has released it, or has let
//! the time pass.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use order_domain::Partition;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::clients::Clients;
use super::context::Reporting;
use super::failure;
use crate::{GroupId, LogError, MemberId, Membership, Rebalance, Topic};

/// How long a revoked partition waits to be released before it is given up all the same.
const RELEASE_WAIT_MAX: Duration = Duration::from_secs(20);
/// Changes that wait for their owner. One who takes none for long is put out of the group.
const CHANGES_QUEUED_MAX: usize = 64;
/// How soon the thread notices that its membership ends.
const POLL_MAX: Duration = Duration::from_millis(50);
/// How long leaving may take before it is left to the session time-out.
const LEAVE_WAIT_MAX: Duration = Duration::from_secs(5);
/// Time for the request to leave to get out, after the last partition was given up.
const LEAVE_LINGER: Duration = Duration::from_millis(150);

/// Joins `group`; the place is kept until the membership is dropped or left.
pub(super) fn join(
    clients: &Clients,
    group: &GroupId,
    topic: &Topic,
    member: &MemberId,
    closed: CancellationToken,
) -> Result<GroupMembership, LogError> {
    let (changes, incoming) = mpsc::channel(CHANGES_QUEUED_MAX);
    let place = Arc::new(Place::default());
    let callbacks = Callbacks {
        reporting: Reporting(clients.last_error.clone()),
        place: place.clone(),
        changes: changes.clone(),
    };
    let failed = |error: KafkaError| failure::of(&error, topic);
    let consumer: BaseConsumer<Callbacks> =
        clients.member(group, member).create_with_context(callbacks).map_err(failed)?;
    consumer.subscribe(&[topic.as_str()]).map_err(failed)?;
    let (left_sender, left) = oneshot::channel();
    let thread = {
        let (place, topic) = (place.clone(), topic.clone());
        move || {
            poll_until_stopped(&consumer, &place, &topic, &changes);
            // Closing the consumer of a static member keeps its place (KIP-345).
            drop(consumer);
            let _ = left_sender.send(());
        }
    };
    thread::Builder::new()
        .name("kafka-membership".to_owned())
        .spawn(thread)
        .map_err(|error| LogError::Unavailable(format!("no thread for the membership: {error}")))?;
    Ok(GroupMembership { incoming, place, left: Some(left), closed })
}

/// One member, as its owner holds it.
pub(super) struct GroupMembership {
    incoming: mpsc::Receiver<Result<Rebalance, LogError>>,
    place: Arc<Place>,
    /// Answers when the consumer is gone.
    left: Option<oneshot::Receiver<()>>,
    closed: CancellationToken,
}

#[async_trait]
impl Membership for GroupMembership {
    async fn next(&mut self) -> Result<Rebalance, LogError> {
        tokio::select! {
            biased;
            () = self.closed.cancelled() => Err(LogError::Closed),
            change = self.incoming.recv() => change.unwrap_or(Err(LogError::Closed)),
        }
    }

    async fn release(&mut self, partitions: &[Partition]) -> Result<(), LogError> {
        self.place.state().released.extend(partitions);
        self.place.changed.notify_all();
        Ok(())
    }

    async fn leave(mut self: Box<Self>) -> Result<(), LogError> {
        self.place.stop(Stage::Leaving);
        // Its thread must not wait for room among the changes, which nobody takes any more.
        self.incoming.close();
        if let Some(left) = self.left.take() {
            // An error means that the thread is gone, and the consumer with it.
            let _ = left.await;
        }
        Ok(())
    }
}

impl Drop for GroupMembership {
    fn drop(&mut self) {
        self.place.stop(Stage::Abandoned);
    }
}

/// What the owner and the thread of a membership tell one another.
#[derive(Default)]
struct Place {
    state: Mutex<PlaceState>,
    changed: Condvar,
}

#[derive(Default)]
struct PlaceState {
    stage: Stage,
    /// Revoked partitions on which the work has stopped.
    released: BTreeSet<Partition>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Member,
    /// Gives up its partitions and its place at once.
    Leaving,
    /// Goes without a word; the session time-out ends its place.
    Abandoned,
}

impl Place {
    fn state(&self) -> MutexGuard<'_, PlaceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stage(&self) -> Stage {
        self.state().stage
    }

    fn stop(&self, how: Stage) {
        let mut state = self.state();
        // Who left is not abandoned when it is dropped.
        if state.stage == Stage::Member {
            state.stage = how;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until all of `partitions` are released, the membership ends, or the time is over.
    fn await_release(&self, partitions: &[Partition]) {
        let waits = |state: &mut PlaceState| {
            state.stage == Stage::Member && !partitions.iter().all(|p| state.released.contains(p))
        };
        let (mut state, waited) = self
            .changed
            .wait_timeout_while(self.state(), RELEASE_WAIT_MAX, waits)
            .unwrap_or_else(PoisonError::into_inner);
        state.released.retain(|released| !partitions.contains(released));
        drop(state);
        if waited.timed_out() {
            tracing::warn!(?partitions, "gave up partitions that were not released in time");
        }
    }
}

fn poll_until_stopped(
    consumer: &BaseConsumer<Callbacks>,
    place: &Place,
    topic: &Topic,
    changes: &mpsc::Sender<Result<Rebalance, LogError>>,
) {
    while place.stage() == Stage::Member {
        // Nothing is fetched: every partition is paused.
        let Some(Err(error)) = consumer.poll(POLL_MAX) else { continue };
        if failure::is_passing(&error) {
            continue;
        }
        let fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
        if changes.blocking_send(Err(meaning(&error, topic))).is_err() || fatal {
            return;
        }
    }
    if place.stage() == Stage::Leaving {
        leave(consumer);
    }
}

/// Unsubscribing makes even a static member leave for good, which closing does not.
fn leave(consumer: &BaseConsumer<Callbacks>) {
    consumer.unsubscribe();
    let deadline = Instant::now() + LEAVE_WAIT_MAX;
    while Instant::now() < deadline && consumer.assignment().is_ok_and(|owned| owned.count() > 0) {
        consumer.poll(POLL_MAX);
    }
    let lingered = Instant::now() + LEAVE_LINGER;
    while Instant::now() < lingered {
        consumer.poll(POLL_MAX);
    }
}

fn meaning(error: &KafkaError, topic: &Topic) -> LogError {
    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::FencedInstanceId) {
        let why = "another process has joined the group under the same member id";
        return LogError::Configuration(why.to_owned());
    }
    failure::of(error, topic)
}

/// librdkafka's callbacks, run by the polling thread.
struct Callbacks {
    reporting: Reporting,
    place: Arc<Place>,
    changes: mpsc::Sender<Result<Rebalance, LogError>>,
}

impl Callbacks {
    fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &mut TopicPartitionList,
    ) -> Result<(), KafkaError> {
        // Whoever reads them reads by a consumer of its own.
        partitions.set_all_offsets(rdkafka::Offset::End)?;
        consumer.incremental_assign(partitions)?;
        consumer.pause(partitions)?;
        self.tell(Rebalance::Assigned, numbers(partitions));
        Ok(())
    }

    fn revoke(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &TopicPartitionList,
    ) -> Result<(), KafkaError> {
        let numbers = numbers(partitions);
        // Partitions that were lost may be another's already: nobody waits for their release.
        let lost = consumer.assignment_lost();
        if self.tell(Rebalance::Revoked, numbers.clone()) && !lost {
            self.place.await_release(&numbers);
        }
        consumer.incremental_unassign(partitions)
    }

    /// Whether the owner will hear of it.
    fn tell(&self, change: fn(Vec<Partition>) -> Rebalance, numbers: Vec<Partition>) -> bool {
        !numbers.is_empty() && self.changes.blocking_send(Ok(change(numbers))).is_ok()
    }
}

fn numbers(partitions: &TopicPartitionList) -> Vec<Partition> {
    let numbers = partitions.elements();
    numbers.iter().filter_map(|p| u32::try_from(p.partition()).ok().map(Partition)).collect()
}

impl ClientContext for Callbacks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.reporting.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.reporting.error(error, reason);
    }
}

impl ConsumerContext for Callbacks {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        kind: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let done = match kind {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.assign(consumer, partitions)
            }
            _ => self.revoke(consumer, partitions),
        };
        if let Err(error) = done {
            tracing::error!(%error, "could not follow a rebalance of the consumer group");
        }
    }
}
