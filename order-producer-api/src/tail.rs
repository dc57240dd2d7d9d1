//! The newest decisions of one partition, and who waits for which.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use order_domain::Offset;
use tokio::sync::oneshot;

use crate::outcome::Outcome;

/// How many decisions are kept for a request that learns its command's offset only after the engine
/// has decided it. A request that comes even later is answered without the outcome.
const RECENT_MAX: usize = 4_096;

/// How many bytes of markets' decisions are kept so: one may tell of hundreds of trades.
const RECENT_BYTES_MAX: usize = 8 << 20;

/// The newest decisions of one partition, by the offset of their command.
#[derive(Default)]
pub(crate) struct Tail {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In the order of their offsets.
    recent: VecDeque<Recent>,
    /// Of all of them.
    recent_bytes: usize,
    /// The last one that was decided.
    newest: Option<Offset>,
    waiting: HashMap<Offset, oneshot::Sender<Outcome>>,
    closed: bool,
}

struct Recent {
    source: Offset,
    outcome: Outcome,
    bytes: usize,
}

impl State {
    fn keep(&mut self, recent: Recent) {
        self.recent_bytes += recent.bytes;
        self.recent.push_back(recent);
        while self.recent.len() > RECENT_MAX || self.recent_bytes > RECENT_BYTES_MAX {
            let Some(oldest) = self.recent.pop_front() else { return };
            self.recent_bytes -= oldest.bytes;
        }
    }
}

/// An outcome now, later, or never.
pub(crate) enum Lookup {
    Decided(Outcome),
    Waiting(oneshot::Receiver<Outcome>),
    Unknown,
}

impl Tail {
    /// Takes the outcome of the command at `source`, which stood in `bytes` of JSON. A second decision
    /// of the same command is dropped: the first one wins.
    pub(crate) fn publish(&self, source: Offset, outcome: Outcome, bytes: usize) {
        let mut state = self.lock();
        if state.newest.is_some_and(|newest| source <= newest) {
            return;
        }
        state.newest = Some(source);
        if let Some(waiter) = state.waiting.remove(&source) {
            // A waiter that gave up meanwhile is no loss.
            let _ = waiter.send(outcome.clone());
        }
        // What became of a purchase is small, whatever the purchase was.
        let bytes = if let Outcome::Market(_) = outcome { bytes } else { 0 };
        state.keep(Recent { source, outcome, bytes });
    }

    pub(crate) fn look_up(&self, source: Offset) -> Lookup {
        let mut state = self.lock();
        if let Ok(index) = state.recent.binary_search_by_key(&source, |recent| recent.source) {
            return Lookup::Decided(state.recent[index].outcome.clone());
        }
        let passed = state.newest.is_some_and(|newest| newest >= source);
        if passed || state.closed {
            return Lookup::Unknown;
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.insert(source, sender);
        Lookup::Waiting(receiver)
    }

    /// Nobody waits for this command any more.
    pub(crate) fn forget(&self, source: Offset) {
        self.lock().waiting.remove(&source);
    }

    /// No further decision will be known: lets everybody go who waits.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_first_decision_wins_and_old_ones_are_forgotten() {
        let tail = Tail::default();
        tail.publish(Offset(7), Outcome::Accepted, 1_000);
        tail.publish(Offset(7), Outcome::DeadLettered, 1_000);
        assert!(matches!(tail.look_up(Offset(7)), Lookup::Decided(Outcome::Accepted)));
        assert!(matches!(tail.look_up(Offset(6)), Lookup::Unknown));
        for offset in 8..8 + RECENT_MAX as u64 {
            tail.publish(Offset(offset), Outcome::Accepted, RECENT_BYTES_MAX);
        }
        assert!(matches!(tail.look_up(Offset(7)), Lookup::Unknown));
        assert!(matches!(tail.look_up(Offset(8)), Lookup::Decided(_)));
    }

    #[test]
    fn long_decisions_of_markets_are_forgotten_sooner() {
        let tail = Tail::default();
        let long = RECENT_BYTES_MAX / 2;
        for offset in 1..=3 {
            tail.publish(Offset(offset), Outcome::Market(Arc::new([])), long);
        }
        assert!(matches!(tail.look_up(Offset(1)), Lookup::Unknown));
        assert!(matches!(tail.look_up(Offset(2)), Lookup::Decided(_)));
        tail.publish(Offset(4), Outcome::Market(Arc::new([])), RECENT_BYTES_MAX + 1);
        assert!(matches!(tail.look_up(Offset(4)), Lookup::Unknown));
        assert!(matches!(tail.look_up(Offset(5)), Lookup::Waiting(_)));
    }

    #[test]
    fn who_waits_is_told_or_let_go() {
        let tail = Tail::default();
        let Lookup::Waiting(mut first) = tail.look_up(Offset(1)) else {
            panic!("nothing is decided")
        };
        let Lookup::Waiting(mut second) = tail.look_up(Offset(2)) else {
            panic!("nothing is decided")
        };
        tail.publish(Offset(1), Outcome::Accepted, 1_000);
        assert_eq!(first.try_recv(), Ok(Outcome::Accepted));
        tail.close();
        assert_eq!(second.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert!(matches!(tail.look_up(Offset(3)), Lookup::Unknown));
    }
}
