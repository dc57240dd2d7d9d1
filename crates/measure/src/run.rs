//! What a finished measurement found.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::tally::Tally;
use crate::{ErrorKind, Latencies, Series};

/// Everything measured between beginning and end.
#[derive(Clone, Debug)]
pub struct Run {
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub elapsed: Duration,
    /// Requests that had started and not ended when it ended. No other figure counts them.
    pub unfinished: u64,
    /// The run in intervals.
    pub series: Series,
    pub(crate) tally: Tally,
}

impl Run {
    /// Requests that ended well.
    pub fn succeeded(&self) -> u64 {
        self.tally.succeeded.count()
    }

    /// Requests that failed for good.
    pub fn failed(&self) -> u64 {
        self.tally.failed.count()
    }

    /// Requests that ended, well or not.
    pub fn ended(&self) -> u64 {
        self.succeeded() + self.failed()
    }

    /// Requests that failed, by kind.
    pub fn errors(&self) -> &BTreeMap<ErrorKind, u64> {
        &self.tally.errors
    }

    /// Attempts beyond a request's first.
    pub fn retries(&self) -> u64 {
        self.tally.retries
    }

    /// Requests a second that ended well.
    pub fn rate(&self) -> f64 {
        per_second(self.succeeded(), self.elapsed)
    }

    /// From the intended start to the end, of all that ended: leaving out failed ones would hide the
    /// slowest, which time out.
    pub fn latency(&self) -> Latencies {
        let mut all = self.tally.succeeded.clone();
        all.merge(&self.tally.failed);
        all
    }

    /// The same of failed requests alone.
    pub fn error_latency(&self) -> &Latencies {
        &self.tally.failed
    }

    /// From when requests were really sent to the end: what a tool would tell that hides queueing.
    pub fn service_time(&self) -> &Latencies {
        &self.tally.service_time
    }

    /// How late requests were sent: the sender's own error, or the queue before a slow target.
    pub fn start_delay(&self) -> &Latencies {
        &self.tally.start_delay
    }
}

/// So many in this time; 0 of no time.
#[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { count as f64 / time.as_secs_f64() }
}
