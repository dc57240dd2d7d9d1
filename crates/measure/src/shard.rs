//! Where recorders write: a few tallies behind a lock each.
//!
//! There are more shards than cores, and a recorder that finds its own locked takes another. So a
//! record waits for no other, even while a thread that holds a lock is not scheduled, and memory does
//! not grow with the number of workers.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use crate::tally::Tally;

/// Shards a core: a lock that is held by a thread that is not running leaves others.
const SHARDS_A_CORE: usize = 2;
/// Each costs 0.9 MB.
const SHARDS_MAX: usize = 32;

/// A tally that a few workers share, and what they have under way.
#[derive(Debug, Default)]
#[repr(align(128))] // Two cache lines, which processors fetch as a pair: no shard slows its neighbour.
struct Shard {
    tally: Mutex<Tally>,
    started: AtomicU64,
    ended: AtomicU64,
}

/// All tallies of a measurement.
#[derive(Clone, Debug)]
pub(crate) struct Shards(Arc<[Shard]>);

/// Which shard a recorder prefers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home(usize);

impl Shards {
    pub(crate) fn for_this_machine() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self::new((cores * SHARDS_A_CORE).min(SHARDS_MAX))
    }

    pub(crate) fn new(count: usize) -> Self {
        Self((0..count.max(1)).map(|_| Shard::default()).collect())
    }

    /// The shard of the `number`th recorder.
    pub(crate) fn home(&self, number: usize) -> Home {
        Home(number % self.0.len())
    }

    pub(crate) fn start(&self, home: Home) {
        self.0[home.0].started.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends a request that was started at the same home.
    pub(crate) fn end(&self, home: Home, count: impl FnOnce(&mut Tally)) {
        self.count(home, count);
        self.0[home.0].ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts at home, or wherever there is room at once.
    pub(crate) fn count(&self, home: Home, count: impl FnOnce(&mut Tally)) {
        let (before, after) = self.0.split_at(home.0);
        let mut free = after.iter().chain(before).find_map(|shard| match shard.tally.try_lock() {
            Ok(tally) => Some(tally),
            Err(TryLockError::Poisoned(tally)) => Some(tally.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        count(free.get_or_insert_with(|| locked(&self.0[home.0].tally)));
    }

    /// How many requests have started and not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        // Ends are read first: a request that starts and ends between the two reads then counts as
        // one too many, never as one below zero.
        let ended: u64 = self.0.iter().map(|shard| shard.ended.load(Ordering::Relaxed)).sum();
        let started: u64 = self.0.iter().map(|shard| shard.started.load(Ordering::Relaxed)).sum();
        started.saturating_sub(ended)
    }

    /// How many requests have ended.
    pub(crate) fn ended(&self) -> u64 {
        self.0.iter().map(|shard| shard.ended.load(Ordering::Relaxed)).sum()
    }

    /// Moves what was counted into `sink`, shard by shard. `spare` is empty before and after.
    pub(crate) fn drain(&self, spare: &mut Tally, mut sink: impl FnMut(&Tally)) {
        for shard in &*self.0 {
            let mut tally = locked(&shard.tally);
            if tally.is_empty() {
                continue;
            }
            std::mem::swap(&mut *tally, spare);
            // Merging takes tens of microseconds: not while others may want the lock.
            drop(tally);
            sink(spare);
            spare.clear();
        }
    }
}

/// Counting can't leave a tally half-changed in a way that matters: a poisoned lock is just a lock.
fn locked(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
