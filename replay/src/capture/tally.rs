//! What happened to the requests.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// What happened to the requests, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Recorded, with or without a response.
    pub recorded: u64,
    /// Of those, the ones without a response.
    pub unanswered: u64,
    /// Not recorded: the target never saw them whole.
    pub never_sent: u64,
    /// Forwarded and not recorded: their body was too long.
    pub too_long: u64,
    /// Forwarded and not recorded: the archive was behind, or had failed.
    pub passed: u64,
}

impl Tally {
    /// How many requests reached the target that are not in the archive.
    pub const fn lost(&self) -> u64 {
        self.too_long + self.passed
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recorded, unanswered, never_sent, too_long, passed } = self;
        write!(
            f,
            "{recorded} requests recorded, {unanswered} of them unanswered; not recorded: \
             {never_sent} that the target never saw whole, {too_long} too long, {passed} while the \
             archive was behind or had failed"
        )
    }
}

/// Counts, from everywhere.
#[derive(Clone, Default)]
pub(super) struct Counts(Arc<Counters>);

#[derive(Default)]
struct Counters {
    recorded: AtomicU64,
    unanswered: AtomicU64,
    never_sent: AtomicU64,
    too_long: AtomicU64,
    passed: AtomicU64,
}

impl Counts {
    pub(super) fn recorded(&self, answered: bool) {
        self.0.recorded.fetch_add(1, Ordering::Relaxed);
        self.0.unanswered.fetch_add(u64::from(!answered), Ordering::Relaxed);
    }

    pub(super) fn never_sent(&self) {
        self.0.never_sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn too_long(&self) {
        self.0.too_long.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn passed(&self) {
        self.0.passed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Tally {
            recorded: read(&self.0.recorded),
            unanswered: read(&self.0.unanswered),
            never_sent: read(&self.0.never_sent),
            too_long: read(&self.0.too_long),
            passed: read(&self.0.passed),
        }
    }
}
