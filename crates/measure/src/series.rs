//! How a run went, interval by interval, in bounded memory.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::tally::{Tally, add_all};
use crate::{ErrorKind, Percentile};

/// Intervals kept. When there would be more, neighbours are merged two by two, so a run of any
/// length has between half of this and this many.
pub const INTERVALS_MAX: usize = 600;
/// Decimal digits of an interval's latencies: they are wrong by at most a hundredth. The run's own
/// are finer; six hundred such histograms would take 130 MB.
const DIGITS: u8 = 2;

/// Consecutive intervals, the first from the beginning of the run.
#[derive(Clone, Debug, Default)]
pub struct Series {
    intervals: Vec<Interval>,
}

/// What ended in a part of a run.
#[derive(Clone, Debug)]
pub struct Interval {
    /// Since the beginning of the run.
    pub from: Duration,
    /// How long it took.
    pub length: Duration,
    /// Requests that ended well.
    pub succeeded: u64,
    /// Requests that failed, by kind.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// Attempts beyond a request's first.
    pub retries: u64,
    /// How many requests were under way, at most and on average, of several looks.
    pub in_flight: InFlightSeen,
    /// The latest start; zero when nothing ended.
    pub start_delay_max: Duration,
    /// Latencies of all that ended, in nanoseconds.
    latency: Histogram<u32>,
}

/// How many requests were under way whenever somebody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InFlightSeen {
    /// The most.
    pub max: u64,
    sum: u64,
    looks: u64,
}

impl InFlightSeen {
    pub(crate) fn look(&mut self, in_flight: u64) {
        self.merge(Self { max: in_flight, sum: in_flight, looks: 1 });
    }

    /// The mean of all looks; 0 of none.
    #[expect(clippy::cast_precision_loss, reason = "requests under way are far below 2^52")]
    pub fn mean(self) -> f64 {
        if self.looks == 0 { 0.0 } else { self.sum as f64 / self.looks as f64 }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.looks += other.looks;
    }
}

impl Series {
    /// In order of time, without gaps.
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// Appends what came after.
    pub(crate) fn push(&mut self, interval: Interval) {
        if self.intervals.len() == INTERVALS_MAX {
            self.halve();
        }
        self.intervals.push(interval);
    }

    /// Appends what came after to the last interval; a rest too short to stand alone.
    pub(crate) fn extend_last(&mut self, rest: &Interval) {
        if let Some(last) = self.intervals.last_mut() {
            last.merge(rest);
        } else {
            self.intervals.push(rest.clone());
        }
    }

    fn halve(&mut self) {
        let mut index = 0;
        let mut odd: Option<Interval> = None;
        self.intervals.retain_mut(|interval| {
            index += 1;
            if index % 2 == 1 {
                odd = Some(interval.clone());
                return false;
            }
            if let Some(mut first) = odd.take() {
                first.merge(interval);
                *interval = first;
            }
            true
        });
        self.intervals.extend(odd);
    }
}

impl Interval {
    pub(crate) fn empty(from: Duration) -> Self {
        let mut latency = Histogram::new(DIGITS).expect("the digits make a histogram");
        latency.auto(true);
        Self {
            from,
            length: Duration::ZERO,
            succeeded: 0,
            errors: BTreeMap::new(),
            retries: 0,
            in_flight: InFlightSeen::default(),
            start_delay_max: Duration::ZERO,
            latency,
        }
    }

    /// Requests that failed.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Requests that ended, well or not.
    pub fn ended(&self) -> u64 {
        self.succeeded + self.failed()
    }

    /// The latency that at least this share did not exceed, of all that ended, failed ones too;
    /// `None` when nothing ended. Too high by at most a hundredth.
    pub fn latency_at(&self, percentile: Percentile) -> Option<Duration> {
        (!self.latency.is_empty())
            .then(|| Duration::from_nanos(self.latency.value_at_quantile(percentile.quantile())))
    }

    pub(crate) fn count(&mut self, tally: &Tally) {
        self.succeeded += tally.succeeded.count();
        add_all(&mut self.errors, &tally.errors);
        self.retries += tally.retries;
        let delay = tally.start_delay.max().unwrap_or_default();
        self.start_delay_max = self.start_delay_max.max(delay);
        for latencies in [&tally.succeeded, &tally.failed] {
            for step in latencies.histogram().iter_recorded() {
                let count = u32::try_from(step.count_at_value()).unwrap_or(u32::MAX);
                self.latency
                    .record_n(step.value_iterated_to(), count)
                    .expect("it grows as it must");
            }
        }
    }

    /// Takes in the interval that follows.
    fn merge(&mut self, next: &Self) {
        self.length += next.length;
        self.succeeded += next.succeeded;
        add_all(&mut self.errors, &next.errors);
        self.retries += next.retries;
        self.in_flight.merge(next.in_flight);
        self.start_delay_max = self.start_delay_max.max(next.start_delay_max);
        self.latency.add(&next.latency).expect("it grows as it must");
    }
}
