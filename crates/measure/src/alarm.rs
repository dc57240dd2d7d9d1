//! Waking tasks on time.
//!
//! A runtime's timer has a granularity of a millisecond. Spinning burns a core that the target may
//! need, and on a busy machine makes things worse: the scheduler is slower to come back to a thread
//! that spun than to one that slept. One thread that sleeps in the kernel until the next due time is
//! late by a tenth of a millisecond and costs a wake-up a request.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use crate::Start;

/// Wakes tasks at given times, on any runtime. Clones share one thread, which ends with the last of
/// them.
#[derive(Clone, Debug)]
pub struct Alarm {
    bell: Arc<Bell>,
}

/// Ends the thread when the last alarm goes.
#[derive(Debug)]
struct Bell(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    due: Mutex<Due>,
    /// The next due time has changed, or the bell is gone.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Due {
    waiting: BTreeMap<Ticket, Waker>,
    tickets: u64,
    closed: bool,
}

/// When, and a number that tells those of the same time apart.
type Ticket = (Instant, u64);

impl Alarm {
    /// Starts the thread. Fails when the system gives none.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let bell = Arc::new(Bell(Arc::clone(&shared)));
        thread::Builder::new().name("alarm".to_owned()).spawn(move || shared.ring())?;
        Ok(Self { bell })
    }

    /// Completes at `due`, never before; at once if that has passed.
    pub fn until(&self, due: Instant) -> Until {
        Until { alarm: self.clone(), due, ticket: None }
    }

    /// Completes when a request should start.
    pub async fn wait_for(&self, start: Start) {
        if let Start::At(due) = start {
            self.until(due).await;
        }
    }
}

/// Completes when its time has come. Dropping it is all right at any time.
#[derive(Debug)]
#[must_use = "a future does nothing unless awaited"]
pub struct Until {
    alarm: Alarm,
    due: Instant,
    ticket: Option<Ticket>,
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.due {
            return Poll::Ready(());
        }
        let ticket = self.alarm.bell.0.enlist(self.due, self.ticket, context.waker());
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let waker = self.alarm.bell.0.lock().waiting.remove(&ticket);
            // Not under the lock: a waker's end may be the end of a task that waits here, too.
            drop(waker);
        }
    }
}

impl Shared {
    /// Wakes `waker` at `due`; in the place of an earlier one that held `ticket`.
    fn enlist(&self, due: Instant, ticket: Option<Ticket>, waker: &Waker) -> Ticket {
        let mut state = self.lock();
        let ticket = ticket.unwrap_or_else(|| {
            state.tickets += 1;
            (due, state.tickets)
        });
        let replaced = state.waiting.insert(ticket, waker.clone());
        let first = state.waiting.first_key_value().is_some_and(|(first, _)| *first == ticket);
        drop(state);
        drop(replaced);
        if first {
            self.changed.notify_one();
        }
        ticket
    }

    /// The thread: sleeps until the next time is due, and wakes who waits for it.
    fn ring(&self) {
        let mut state = self.lock();
        while !state.closed {
            let now = Instant::now();
            match state.waiting.first_key_value().map(|((due, _), _)| *due) {
                None => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                Some(due) if due > now => {
                    let woken = self.changed.wait_timeout(state, due - now);
                    state = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                Some(_) => {
                    let later = state.waiting.split_off(&(now, u64::MAX));
                    let due = std::mem::replace(&mut state.waiting, later);
                    // Waking may run foreign code, which may come back here.
                    drop(state);
                    due.into_values().for_each(Waker::wake);
                    state = self.lock();
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_millis(5);
    const TIME_MAX: Duration = Duration::from_secs(30);

    #[test]
    fn the_thread_ends_with_the_last_alarm() {
        let alarm = Alarm::start().unwrap();
        let shared = Arc::downgrade(&alarm.bell.0);
        let clone = alarm.clone();
        drop(alarm);
        thread::sleep(SOON);
        assert!(shared.upgrade().is_some(), "a clone is left");
        drop(clone);
        let begin = Instant::now();
        while shared.upgrade().is_some() {
            assert!(begin.elapsed() < TIME_MAX, "the thread lives on");
            thread::sleep(SOON);
        }
    }

    #[test]
    fn a_dropped_future_leaves_nothing_behind() {
        let alarm = Alarm::start().unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let mut until = Box::pin(alarm.until(Instant::now() + TIME_MAX));
        for _ in 0..3 {
            assert!(until.as_mut().poll(&mut context).is_pending());
            assert_eq!(alarm.bell.0.lock().waiting.len(), 1);
        }
        drop(until);
        assert!(alarm.bell.0.lock().waiting.is_empty());
    }
}
