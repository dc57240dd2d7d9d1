//! How far each partition is projected, and who waits for it to get further.
//!
//! All that wait for one partition share one poller of the store, which runs only while somebody
//! waits. What it learns is remembered for a moment, so that reads of a position that is long
//! projected ask the store nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use order_domain::{Offset, Partition, Position};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::metrics::{self, StrongRead};
use crate::reader::{NoAnswer, QUERY_TIME_MAX, Reader};

/// A poller's pause while the projection moves. Where this process projects, it asks earlier.
const POLL_PAUSE_MIN: Duration = Duration::from_millis(2);
/// Its pause once the projection has not moved for a while; it doubles until it is here.
const POLL_PAUSE_MAX: Duration = Duration::from_millis(20);

/// How long an answer of the store is relied on without asking again. A store that crashed may have
/// lost its newest batches, and one that is rebuilt begins anew: then what was passed is so no more.
const MEMORY_AGE_MAX: Duration = Duration::from_secs(1);

/// Lets reads wait until the projection has passed a position.
pub(crate) struct ProjectionWatch {
    reader: Reader,
    wait_max: Duration,
    places: Semaphore,
    partitions: Mutex<BTreeMap<Partition, Watched>>,
}

/// Why a read may not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPassed {
    /// The wait ran out.
    Behind {
        /// The first command whose effect can't be read yet.
        projected: Offset,
        /// How long the read waited, in all.
        waited: Duration,
    },
    /// There is no such partition.
    NoSuchPartition {
        /// How many there are.
        partitions: u32,
    },
    /// As many reads are waiting as may.
    TooManyWaiters,
    /// The store did not say how far it is.
    NoAnswer(NoAnswer),
}

/// A partition that somebody waits for, or that the store was asked about a moment ago.
#[derive(Default)]
struct Watched {
    memory: Option<Memory>,
    poller: Option<Poller>,
}

#[derive(Clone, Copy)]
struct Memory {
    projected: Offset,
    asked_at: Instant,
}

struct Poller {
    answers: watch::Sender<Answer>,
    task: JoinHandle<()>,
}

/// What the store last said; `None` until it has.
type Answer = Option<Result<Offset, NoAnswer>>;

impl ProjectionWatch {
    /// A watch whose reads wait at most `wait_max`, and of which at most `waiters_max` do so at a
    /// time.
    pub(crate) fn new(reader: Reader, wait_max: Duration, waiters_max: usize) -> Arc<Self> {
        Arc::new(Self {
            reader,
            wait_max,
            places: Semaphore::new(waiters_max.min(Semaphore::MAX_PERMITS)),
            partitions: Mutex::default(),
        })
    }

    /// Returns once the command at `wanted` has had its effect; waits at most `wait`, or the
    /// watch's bound if that is shorter.
    pub(crate) async fn passed(
        self: &Arc<Self>,
        wanted: Position,
        wait: Option<Duration>,
    ) -> Result<(), NotPassed> {
        if self.remembers(wanted) {
            metrics::strong_read(StrongRead::Known);
            return Ok(());
        }
        let wait = wait.unwrap_or(self.wait_max).min(self.wait_max);
        let outcome = self.wait(wanted, wait).await;
        metrics::strong_read(match outcome {
            Ok(()) => StrongRead::Passed,
            Err(NotPassed::Behind { .. }) => StrongRead::Behind,
            Err(NotPassed::NoSuchPartition { .. } | NotPassed::TooManyWaiters) => {
                StrongRead::Refused
            }
            Err(NotPassed::NoAnswer(_)) => StrongRead::NoAnswer,
        });
        outcome
    }

    fn remembers(&self, wanted: Position) -> bool {
        self.lock()
            .get(&wanted.partition)
            .and_then(|watched| watched.memory)
            .filter(|memory| memory.asked_at.elapsed() < MEMORY_AGE_MAX)
            .is_some_and(|memory| memory.projected > wanted.offset)
    }

    async fn wait(self: &Arc<Self>, wanted: Position, wait: Duration) -> Result<(), NotPassed> {
        let _place = self.places.try_acquire().map_err(|_| NotPassed::TooManyWaiters)?;
        let waiter = metrics::Waiter::begin();
        let mut answers = self.subscribe(wanted.partition);
        // Even a wait of nothing asks the store once.
        let first = first_answer(&mut answers).await.map_err(NotPassed::NoAnswer)?;
        if first == Offset::ZERO {
            self.check_partition(wanted.partition).await?;
        }
        let settled = |answer: &Answer| match answered(*answer) {
            Ok(projected) => projected > wanted.offset,
            Err(_) => true,
        };
        // Whether the wait was cut off or not, the newest answer tells how it ended.
        let _ = timeout_at(waiter.since() + wait, answers.wait_for(settled)).await;
        let newest = answered(*answers.borrow()).map_err(NotPassed::NoAnswer)?;
        if newest > wanted.offset {
            Ok(())
        } else {
            Err(NotPassed::Behind { projected: newest, waited: waiter.since().elapsed() })
        }
    }

    /// Makes sure that a partition of which nothing is projected may have something one day.
    async fn check_partition(&self, partition: Partition) -> Result<(), NotPassed> {
        match self.reader.partitions().await.map_err(NotPassed::NoAnswer)? {
            Some(partitions) if partition.0 >= partitions => {
                Err(NotPassed::NoSuchPartition { partitions })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The answers of the partition's poller, which is started if it does not run.
    fn subscribe(self: &Arc<Self>, partition: Partition) -> watch::Receiver<Answer> {
        let mut partitions = self.lock();
        let watched = partitions.entry(partition).or_default();
        if let Some(poller) = watched.poller.as_ref().filter(|poller| !poller.task.is_finished()) {
            return poller.answers.subscribe();
        }
        let (answers, subscription) = watch::channel(None);
        let task = tokio::spawn(Arc::clone(self).poll(partition));
        watched.poller = Some(Poller { answers, task });
        subscription
    }

    /// Asks the store how far `partition` is, again and again while somebody waits: as soon as it has
    /// moved where this process projects, else after a pause.
    async fn poll(self: Arc<Self>, partition: Partition) {
        let mut pause = POLL_PAUSE_MIN;
        let mut before = None;
        while self.is_awaited(partition) {
            let mut told = self.reader.moves(partition);
            let asked_at = Instant::now();
            let answer = self.reader.projected(partition).await;
            self.publish(partition, answer, asked_at);
            let Ok(projected) = answer else { return };
            let moved = before.replace(projected) != Some(projected);
            pause = if moved { POLL_PAUSE_MIN } else { (pause * 2).min(POLL_PAUSE_MAX) };
            tokio::select! {
                () = told.next() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Whether anybody waits; if not, the poller is released.
    fn is_awaited(&self, partition: Partition) -> bool {
        let mut partitions = self.lock();
        let Some(watched) = partitions.get_mut(&partition) else { return false };
        let awaited =
            watched.poller.as_ref().is_some_and(|poller| poller.answers.receiver_count() > 0);
        if !awaited {
            watched.poller = None;
            forget_if_empty(&mut partitions, partition);
        }
        awaited
    }

    /// Hands the store's answer to those that wait. One that failed also ends the poller.
    fn publish(&self, partition: Partition, answer: Result<Offset, NoAnswer>, asked_at: Instant) {
        let mut partitions = self.lock();
        let Some(watched) = partitions.get_mut(&partition) else { return };
        watched.memory = answer.ok().map(|projected| Memory { projected, asked_at });
        if let Some(poller) = &watched.poller {
            poller.answers.send_replace(Some(answer));
        }
        if answer.is_err() {
            watched.poller = None;
            forget_if_empty(&mut partitions, partition);
        }
    }

    /// The lock is held for a look-up only, and never across an await.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Partition, Watched>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the poller's first answer, as long as a query may take.
async fn first_answer(answers: &mut watch::Receiver<Answer>) -> Result<Offset, NoAnswer> {
    let deadline = Instant::now() + QUERY_TIME_MAX;
    match timeout_at(deadline, answers.wait_for(Option::is_some)).await {
        Ok(Ok(answer)) => answered(*answer),
        Ok(Err(_)) | Err(_) => Err(NoAnswer::Away),
    }
}

fn answered(answer: Answer) -> Result<Offset, NoAnswer> {
    answer.unwrap_or(Err(NoAnswer::Away))
}

/// Only partitions of which something is known keep a place, so that requests for partitions that
/// don't exist leave nothing behind.
fn forget_if_empty(partitions: &mut BTreeMap<Partition, Watched>, partition: Partition) {
    let empty = |watched: &Watched| {
        watched.poller.is_none()
            && watched.memory.is_none_or(|memory| memory.projected == Offset::ZERO)
    };
    if partitions.get(&partition).is_some_and(empty) {
        partitions.remove(&partition);
    }
}
