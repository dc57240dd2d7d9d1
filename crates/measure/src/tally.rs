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

    /// One that should have been sent and never was: it has a latency, but nobody served it.
    pub(crate) fn count_unsent(&mut self, latency: Duration, kind: ErrorKind) {
        self.failed.record(latency);
        add(&mut self.errors, kind, 1);
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
        // What was sent has a service time, and what was not has failed.
        self.service_time.is_empty() && self.failed.is_empty() && self.retries == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_kinds_of_errors_count_as_other() {
        let mut errors = BTreeMap::new();
        for status in 0..1_000 {
            add(&mut errors, ErrorKind::Status(status), 2);
        }
        add(&mut errors, ErrorKind::Status(0), 1);
        assert_eq!(errors.len(), ERROR_KINDS_MAX + 1);
        assert_eq!(errors[&ErrorKind::Status(0)], 3);
        assert_eq!(errors[&ErrorKind::OTHER], 2 * (1_000 - ERROR_KINDS_MAX as u64));
        assert_eq!(errors.values().sum::<u64>(), 2_001);
    }

    #[test]
    fn what_was_never_sent_has_a_latency_and_no_service_time() {
        let mut tally = Tally::default();
        tally.count_unsent(Duration::from_secs(3), ErrorKind::OTHER);
        assert!(!tally.is_empty());
        assert_eq!((tally.failed.count(), tally.errors[&ErrorKind::OTHER]), (1, 1));
        assert!(tally.service_time.is_empty() && tally.start_delay.is_empty());
    }

    #[test]
    fn a_cleared_tally_is_a_new_one() {
        let ended = Ended {
            latency: Duration::from_millis(3),
            service_time: Duration::from_millis(2),
            start_delay: Duration::from_millis(1),
            outcome: Err(ErrorKind::TIMEOUT),
        };
        let mut tally = Tally { retries: 1, ..Tally::default() };
        tally.count(ended);
        assert!(!tally.is_empty());
        tally.clear();
        assert!(tally.is_empty());
        assert_eq!(tally.failed, Latencies::new());
        assert!(tally.errors.is_empty());
    }
}
