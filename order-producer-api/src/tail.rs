//! The newest decisions of one partition, and who waits for which.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use order_domain::Offset;
use tokio::sync::oneshot;

use crate::outcome::Outcome;

/// How many decisions are kept for a request that learns its command's offset only after the engine
/// has decided it. A request that comes even later is answered without the outcome.
const RECENT_MAX: usize = 4_096;

/// The newest decisions of one partition, by the offset of their command.
#[derive(Default)]
pub(crate) struct Tail {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// In the order of their offsets.
    recent: VecDeque<(Offset, Outcome)>,
    waiting: HashMap<Offset, oneshot::Sender<Outcome>>,
    closed: bool,
}

/// An outcome now, later, or never.
pub(crate) enum Lookup {
    Decided(Outcome),
    Waiting(oneshot::Receiver<Outcome>),
    Unknown,
}

impl Tail {
    /// Takes the outcome of the command at `source`. A second decision of the same command is
    /// dropped: the first one wins.
    pub(crate) fn publish(&self, source: Offset, outcome: Outcome) {
        let mut state = self.lock();
        if state.recent.back().is_some_and(|&(newest, _)| source <= newest) {
            return;
        }
        if let Some(waiter) = state.waiting.remove(&source) {
            // A waiter that gave up meanwhile is no loss.
            let _ = waiter.send(outcome.clone());
        }
        if state.recent.len() == RECENT_MAX {
            state.recent.pop_front();
        }
        state.recent.push_back((source, outcome));
    }

    pub(crate) fn look_up(&self, source: Offset) -> Lookup {
        let mut state = self.lock();
        if let Ok(index) = state.recent.binary_search_by_key(&source, |&(offset, _)| offset) {
            return Lookup::Decided(state.recent[index].1.clone());
        }
        let passed = state.recent.back().is_some_and(|&(newest, _)| newest > source);
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
    use super::*;

    #[test]
    fn the_first_decision_wins_and_old_ones_are_forgotten() {
        let tail = Tail::default();
        tail.publish(Offset(7), Outcome::Accepted);
        tail.publish(Offset(7), Outcome::DeadLettered);
        assert!(matches!(tail.look_up(Offset(7)), Lookup::Decided(Outcome::Accepted)));
        assert!(matches!(tail.look_up(Offset(6)), Lookup::Unknown));
        for offset in 8..8 + RECENT_MAX as u64 {
            tail.publish(Offset(offset), Outcome::Accepted);
        }
        assert!(matches!(tail.look_up(Offset(7)), Lookup::Unknown));
        assert!(matches!(tail.look_up(Offset(8)), Lookup::Decided(_)));
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
        tail.publish(Offset(1), Outcome::Accepted);
        assert_eq!(first.try_recv(), Ok(Outcome::Accepted));
        tail.close();
        assert_eq!(second.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert!(matches!(tail.look_up(Offset(3)), Lookup::Unknown));
    }
}
