//! What requests came to, counted.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{ErrorKind, Latencies};

/// Kinds of errors that are told apart; further kinds count as [`ErrorKind::OTHER`].
const ERROR_KINDS_MAX: usize = 40;

/// How one request went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// From the intended start to the end.
    pub(crate) latency: Duration,
    /// From when it was sent to the end.
    pub(crate) service_time: Duration,
    /// From the intended start to when it was sent.
    pub(crate) start_delay: Duration,
    pub(crate) outcome: Result<(), ErrorKind>,
}

/// How many requests went how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Latencies of those that succeeded.
    pub(crate) succeeded: Latencies,
    /// Latencies of those that failed.
    pub(crate) failed: Latencies,
    pub(crate) service_time: Latencies,
    pub(crate) start_delay: Latencies,
    pub(crate) errors: BTreeMap<ErrorKind, u64>,
    pub(crate) retries: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, ended: Ended) {
        match ended.outcome {
            Ok(()) => self.succeeded.record(ended.latency),
            Err(kind) => {
                self.failed.record(ended.latency);
                add(&mut self.errors, kind, 1);
            }
        }
        self.service_time.record(ended.service_time);
        self.start_delay.record(ended.start_delay);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.succeeded.merge(&other.succeeded);
        self.failed.merge(&other.failed);
        self.service_time.merge(&other.service_time);
        self.start_delay.merge(&other.start_delay);
        add_all(&mut self.errors, &other.errors);
        self.retries += other.retries;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.service_time.is_empty() && self.retries == 0
    }

    /// Forgets everything, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        for latencies in
            [&mut self.succeeded, &mut self.failed, &mut self.service_time, &mut self.start_delay]
        {
            if !latencies.is_empty() {
                latencies.clear();
            }
        }
        self.errors.clear();
        self.retries = 0;
    }
}

/// Adds every count of `more` to that of its kind.
pub(crate) fn add_all(errors: &mut BTreeMap<ErrorKind, u64>, more: &BTreeMap<ErrorKind, u64>) {
    for (kind, count) in more {
        add(errors, *kind, *count);
    }
}

fn add(errors: &mut BTreeMap<ErrorKind, u64>, kind: ErrorKind, count: u64) {
    let known = errors.len() < ERROR_KINDS_MAX || errors.contains_key(&kind);
    *errors.entry(if known { kind } else { ErrorKind::OTHER }).or_default() += count;
}
