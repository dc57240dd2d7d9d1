//! Follows `order-events` for those who wait for an outcome.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use event_log::topics::ORDER_EVENTS;
use event_log::{BatchLimit, EventLog, LogError, LogReader, Record};
use order_domain::{Decision, Offset, Partition};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::outcome::Outcome;
use crate::tail::{Lookup, Tail};

/// How much is read of a partition at once.
const READ_LIMIT: BatchLimit = BatchLimit { records: 1_024, bytes: 1 << 20 };

/// How long to wait after a failed read.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How long the log may take to open a partition for reading, before a request goes on without.
const START_TIMEOUT: Duration = Duration::from_secs(1);

/// Follows those partitions of `order-events` that somebody waits for, each once.
pub(crate) struct OutcomeWatcher {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
}

struct Shared {
    log: Arc<dyn EventLog>,
    idle: Duration,
    shutdown: CancellationToken,
    followed: Mutex<HashMap<Partition, Arc<Followed>>>,
}

struct Followed {
    tail: Tail,
    started: OnceCell<()>,
    last_used: Mutex<Instant>,
}

/// The right to wait for one outcome. While it is held, the partition is followed.
pub(crate) struct Ticket {
    followed: Arc<Followed>,
    shutdown: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl OutcomeWatcher {
    /// At most `waiters_max` wait at once; a partition is followed until nobody has waited for
    /// `idle`.
    pub(crate) fn new(
        log: Arc<dyn EventLog>,
        waiters_max: usize,
        idle: Duration,
        shutdown: CancellationToken,
    ) -> Self {
        let shared = Shared { log, idle, shutdown, followed: Mutex::default() };
        let places = Semaphore::new(waiters_max.min(Semaphore::MAX_PERMITS));
        Self { shared: Arc::new(shared), places: Arc::new(places) }
    }

    /// Begins to follow `partition`. Call it *before* the append, so that the decision can't be
    /// missed. `None` where too many wait already or the log can't be read: the request then goes on
    /// without its outcome.
    pub(crate) async fn follow(&self, partition: Partition) -> Option<Ticket> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        let followed = self.shared.followed(partition);
        let start = followed.started.get_or_try_init(|| self.start(partition, &followed));
        match tokio::time::timeout(START_TIMEOUT, start).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                warn!(%partition, %error, "cannot follow the events of a partition");
                return None;
            }
            Err(_) => return None,
        }
        Some(Ticket { followed, shutdown: self.shared.shutdown.clone(), _place: place })
    }

    async fn start(&self, partition: Partition, followed: &Arc<Followed>) -> Result<(), LogError> {
        let log = &self.shared.log;
        let from = log.ends(&ORDER_EVENTS, partition).await?.next;
        let reader = log.read(&ORDER_EVENTS, partition, from).await?;
        debug!(%partition, %from, "following events");
        tokio::spawn(read(self.shared.clone(), partition, followed.clone(), reader));
        Ok(())
    }
}

impl Ticket {
    /// The outcome of the command at `source`, if it is known within `wait`.
    pub(crate) async fn outcome(self, source: Offset, wait: Duration) -> Option<Outcome> {
        let receiver = match self.followed.tail.look_up(source) {
            Lookup::Decided(outcome) => return Some(outcome),
            Lookup::Unknown => return None,
            Lookup::Waiting(receiver) => receiver,
        };
        let _registration = Registration { tail: &self.followed.tail, source };
        tokio::select! {
            outcome = receiver => outcome.ok(),
            () = tokio::time::sleep(wait) => None,
            () = self.shutdown.cancelled() => None,
        }
    }
}

/// Takes a waiter off the list, also when its request was dropped.
struct Registration<'a> {
    tail: &'a Tail,
    source: Offset,
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.tail.forget(self.source);
    }
}

impl Shared {
    fn followed(&self, partition: Partition) -> Arc<Followed> {
        let mut all = self.lock();
        let followed = all.entry(partition).or_insert_with(|| Arc::new(Followed::new()));
        followed.touch();
        followed.clone()
    }

    /// Forgets the partition when nobody has used it for a while. Tickets are only made under the
    /// same lock, so that none can appear in between.
    fn drop_if_idle(&self, partition: Partition, followed: &Arc<Followed>) -> bool {
        /// One reference is in the map, one in the reading task; every further one is a ticket.
        const UNUSED: usize = 2;
        let mut all = self.lock();
        let idle = Arc::strong_count(followed) <= UNUSED && followed.unused_for() >= self.idle;
        if idle {
            all.remove(&partition);
        }
        idle
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Partition, Arc<Followed>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Followed {
    fn new() -> Self {
        let last_used = Mutex::new(Instant::now());
        Self { tail: Tail::default(), started: OnceCell::new(), last_used }
    }

    fn touch(&self) {
        *self.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn unused_for(&self) -> Duration {
        self.last_used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    fn publish(&self, record: &Record) {
        if !record.stands_as_expected() {
            return;
        }
        match Decision::from_json(&record.payload) {
            Ok(decision) => {
                let source = decision.source.offset;
                if let Some(outcome) = Outcome::of(decision) {
                    self.tail.publish(source, outcome, record.payload.len());
                }
            }
            // The projector dead-letters it; here it only means that somebody's wait runs out.
            Err(error) => debug!(position = %record.position, %error, "an unreadable decision"),
        }
    }
}

/// Reads until the partition is idle, the program stops, or the log gives up.
async fn read(
    shared: Arc<Shared>,
    partition: Partition,
    followed: Arc<Followed>,
    mut reader: Box<dyn LogReader>,
) {
    loop {
        let next = tokio::select! {
            next = tokio::time::timeout(shared.idle, reader.next(READ_LIMIT)) => next,
            () = shared.shutdown.cancelled() => break,
        };
        match next {
            Ok(Ok(records)) => records.iter().for_each(|record| followed.publish(record)),
            Ok(Err(error)) if error.is_retryable() => tokio::time::sleep(RETRY_PAUSE).await,
            Ok(Err(error)) => {
                warn!(%partition, %error, "no longer following the events of a partition");
                break;
            }
            Err(_) => {}
        }
        if shared.drop_if_idle(partition, &followed) {
            debug!(%partition, "nobody waits for events any more");
            return;
        }
    }
    shared.lock().remove(&partition);
    followed.tail.close();
}
