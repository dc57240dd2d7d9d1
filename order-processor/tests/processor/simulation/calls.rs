//! The calls of the workers, each of which stands still until the simulation picks it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use event_log::Topic;
use order_domain::Offset;
use order_processor::Role;
use tokio::sync::oneshot;

use super::fate::Fate;

/// The number of a process: a restarted one is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId(pub u32);

/// Which worker calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    pub process: ProcessId,
    pub role: Role,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// To append to a topic.
    Append(Topic),
    /// To read a topic from here on; waits until there is something.
    Read(Topic, Offset),
    /// Where a topic ends.
    Ends(Topic),
    /// To read a checkpoint from the store.
    Checkpoint,
    /// To read what is parked from the store.
    Parked,
    /// To write to the store.
    Apply,
    /// To read the snapshots.
    ReadSnapshots,
    /// To keep a snapshot.
    KeepSnapshot,
    /// It is done; the answer is on its way.
    Answer,
}

/// A call that stands still. No worker makes the same one twice at once.
pub type Waiting = (Caller, Call);

/// All calls that stand still.
#[derive(Default)]
pub struct Calls(Mutex<BTreeMap<Waiting, oneshot::Sender<Fate>>>);

impl Calls {
    /// Stands still until the simulation says how this call goes.
    pub async fn fate_of(&self, caller: Caller, call: Call) -> Fate {
        let (told, fate) = oneshot::channel();
        let waiting = (caller, call);
        let before = self.waiting().insert(waiting.clone(), told);
        assert!(before.is_none(), "{waiting:?} is made twice at once");
        let _gone = Gone { calls: self, waiting };
        fate.await.expect("the simulation outlives its workers")
    }

    /// What waits, in an order of its own.
    pub fn all(&self) -> Vec<Waiting> {
        self.waiting().keys().cloned().collect()
    }

    /// Tells a call how it goes.
    pub fn tell(&self, waiting: &Waiting, fate: Fate) {
        let told = self.waiting().remove(waiting).expect("it waits");
        told.send(fate).expect("who waits listens");
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Waiting, oneshot::Sender<Fate>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a call whose worker does not wait any more: it was given up, or its process died.
struct Gone<'a> {
    calls: &'a Calls,
    waiting: Waiting,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.calls.waiting().remove(&self.waiting);
    }
}
