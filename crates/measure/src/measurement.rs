//! A measurement from beginning to end.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::collector::Collector;
use crate::shard::Shards;
use crate::{ErrorKind, IntervalFigures, Percentile, Recorder, Run};

/// How often it is looked how many requests are under way.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Hands out recorders and gathers what they record, on a thread of its own, until it is finished.
#[derive(Debug)]
pub struct Measurement {
    started_at: Timestamp,
    begin: Instant,
    shards: Shards,
    recorders: AtomicUsize,
    collector: Arc<Mutex<Collector>>,
    /// Dropping the sender ends the thread.
    looking: Option<(Sender<()>, JoinHandle<()>)>,
}

/// How a measurement goes, for a line of progress.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Live {
    /// Requests that ended, well or not.
    pub ended: u64,
    /// Requests under way.
    pub in_flight: u64,
    /// Requests that failed, up to the last whole interval.
    pub failed: u64,
    /// The p99 of the last whole interval; `None` when nothing ended in it.
    pub p99: Option<Duration>,
}

impl Measurement {
    /// Begins now. Fails when the system gives no thread.
    pub fn begin() -> io::Result<Self> {
        let shards = Shards::for_this_machine();
        let collector = Arc::new(Mutex::new(Collector::new(shards.clone())));
        let (begin, started_at) = (Instant::now(), Timestamp::now());
        let (stop, stopped) = channel();
        let shared = Arc::clone(&collector);
        let thread = thread::Builder::new()
            .name("measure".to_owned())
            .spawn(move || look_until(&stopped, begin, &shared))?;
        Ok(Self {
            started_at,
            begin,
            shards,
            recorders: AtomicUsize::new(0),
            collector,
            looking: Some((stop, thread)),
        })
    }

    /// A recorder; take one for every worker, so that workers seldom meet.
    pub fn recorder(&self) -> Recorder {
        let number = self.recorders.fetch_add(1, Ordering::Relaxed);
        Recorder::new(self.shards.clone(), self.shards.home(number))
    }

    /// How it goes.
    pub fn live(&self) -> Live {
        let collector = locked(&self.collector);
        let last = collector.series().intervals().last();
        Live {
            ended: self.shards.ended(),
            in_flight: self.shards.in_flight(),
            failed: collector.failed(),
            p99: last.and_then(|interval| interval.latency_at(Percentile::P99)),
        }
    }

    /// When it began.
    pub fn begin_instant(&self) -> Instant {
        self.begin
    }

    /// The last whole interval; `None` in the first.
    pub fn last_interval(&self) -> Option<IntervalFigures> {
        locked(&self.collector).series().intervals().last().map(IntervalFigures::of)
    }

    /// Requests that failed, by kind, up to the last whole interval.
    pub fn errors(&self) -> BTreeMap<ErrorKind, u64> {
        locked(&self.collector).errors().clone()
    }

    /// Ends now. What ends later is not recorded.
    pub fn finish(mut self) -> Run {
        self.stop_looking();
        let elapsed = self.begin.elapsed();
        let unfinished = self.shards.in_flight();
        let empty = Collector::new(Shards::new(1));
        let collector = std::mem::replace(&mut *locked(&self.collector), empty);
        let (tally, series) = collector.finish(elapsed);
        Run { started_at: self.started_at, elapsed, unfinished, series, tally }
    }

    fn stop_looking(&mut self) {
        if let Some((stop, thread)) = self.looking.take() {
            drop(stop);
            // A thread that panicked has said so on stderr; what was recorded is still there.
            let _ = thread.join();
        }
    }
}

impl Drop for Measurement {
    fn drop(&mut self) {
        self.stop_looking();
    }
}

fn look_until(stopped: &Receiver<()>, begin: Instant, collector: &Mutex<Collector>) {
    let mut next = LOOK_EVERY;
    while stopped.recv_timeout(next.saturating_sub(begin.elapsed()))
        == Err(RecvTimeoutError::Timeout)
    {
        let now = begin.elapsed();
        locked(collector).look(now);
        // Looks that were missed are not made up for.
        while next <= now {
            next += LOOK_EVERY;
        }
    }
}

fn locked(collector: &Mutex<Collector>) -> MutexGuard<'_, Collector> {
    collector.lock().unwrap_or_else(PoisonError::into_inner)
}
