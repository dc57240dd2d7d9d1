//! A thread that does nothing but sleep until the next millisecond: how late the machine itself wakes who
//! waits for a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Between two times that are waited for.
const TICK: Duration = Duration::from_millis(1);

/// Sleeps until it is stopped or dropped.
pub struct BareTimer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Duration>>>,
}

/// How late it woke up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
}

impl BareTimer {
    /// Starts the thread. Fails when the system gives none.
    pub fn start() -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("bare-timer".to_owned())
            .spawn(move || lateness_until(&stopped))
            .context("starting a thread")?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Ends it.
    pub fn stop(mut self) -> anyhow::Result<Lateness> {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("it was stopped before")?;
        let late = thread.join().ok().and_then(Lateness::of);
        late.context("the bare timer broke off")
    }
}

impl Drop for BareTimer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Lateness {
    fn of(mut late: Vec<Duration>) -> Option<Self> {
        late.sort_unstable();
        let at = |percent: usize| late.get(late.len() * percent / 100).copied();
        Some(Self { p50: at(50)?, p99: at(99)? })
    }
}

/// How late each time was that has come by the end. After a stall the times that were missed all count,
/// as requests do that should have been sent meanwhile.
fn lateness_until(stop: &AtomicBool) -> Vec<Duration> {
    let mut late = Vec::new();
    let mut due = Instant::now();
    loop {
        due += TICK;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        late.push(due.elapsed());
        if stop.load(Ordering::Relaxed) {
            return late;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_all_times() {
        let late = (0..1_000).rev().map(Duration::from_micros).collect();
        let found = Lateness::of(late).expect("there are some");
        assert_eq!(found.p50, Duration::from_micros(500));
        assert_eq!(found.p99, Duration::from_micros(990));
        assert_eq!(Lateness::of(Vec::new()), None);
    }

    #[test]
    fn it_ends_when_it_is_told_to() {
        let timer = BareTimer::start().expect("a thread");
        thread::sleep(20 * TICK);
        let found = timer.stop().expect("some times have come");
        assert!(found.p50 <= found.p99, "{found:?}");
    }
}
