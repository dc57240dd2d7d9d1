//! What this service counts. Times are in seconds; no label holds anything that a client sends.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use tokio::time::Instant;

const QUERY_DURATION: &str = "seriatim_query_duration_seconds";
const STRONG_READS: &str = "seriatim_strong_reads_total";
const STRONG_READ_WAIT: &str = "seriatim_strong_read_wait_seconds";
const STRONG_READ_WAITERS: &str = "seriatim_strong_read_waiters";

/// How a read that came with a position went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrongRead {
    /// Its position was known to be projected: it waited for nothing.
    Known,
    /// The store was asked, and the position was or came to be projected.
    Passed,
    /// The projection was still behind when the wait ran out.
    Behind,
    /// Too many others were waiting, or its partition is none.
    Refused,
    /// The store gave no answer.
    NoAnswer,
}

impl StrongRead {
    const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Passed => "passed",
            Self::Behind => "behind",
            Self::Refused => "refused",
            Self::NoAnswer => "no-answer",
        }
    }
}

/// Says what each metric means. Called once the recorder stands.
pub(crate) fn describe() {
    describe_histogram!(QUERY_DURATION, Unit::Seconds, "How long the store took for a query.");
    describe_counter!(STRONG_READS, "Reads that came with a position, by how they went.");
    describe_histogram!(
        STRONG_READ_WAIT,
        Unit::Seconds,
        "How long a read waited for its position to be projected."
    );
    describe_gauge!(STRONG_READ_WAITERS, "Reads that wait for their position now.");
}

pub(crate) fn query_answered(query: &'static str, took: Duration) {
    histogram!(QUERY_DURATION, "query" => query).record(took);
}

pub(crate) fn strong_read(outcome: StrongRead) {
    counter!(STRONG_READS, "outcome" => outcome.name()).increment(1);
}

/// Counts and times one waiting read for as long as it lives: also one whose client hangs up.
pub(crate) struct Waiter {
    since: Instant,
}

impl Waiter {
    pub(crate) fn begin() -> Self {
        gauge!(STRONG_READ_WAITERS).increment(1.0);
        Self { since: Instant::now() }
    }

    /// When the wait began.
    pub(crate) const fn since(&self) -> Instant {
        self.since
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        gauge!(STRONG_READ_WAITERS).decrement(1.0);
        histogram!(STRONG_READ_WAIT).record(self.since.elapsed());
    }
}
