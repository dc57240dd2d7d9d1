//! How a run went, interval by interval, in bounded memory.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::tally::{Tally, add_all};
use crate::{ErrorKind, Percentile};

/// Intervals kept. When there would be more, neighbours are merged two by two, and later ones are as
/// long as those: a long run has between half of this and this many.
pub const INTERVALS_MAX: usize = 600;
/// Decimal digits of an interval's latencies: they are wrong by at most a hundredth. The run's own
/// are finer; six hundred such histograms would take 130 MB.
const DIGITS: u8 = 2;

/// Consecutive intervals, the first from the beginning of the run.
#[derive(Clone, Debug)]
pub struct Series {
    intervals: Vec<Interval>,
    /// How many of the intervals that were pushed make one that is kept.
    parts: u64,
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
    /// How many intervals were merged to this one, itself included.
    parts: u64,
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

impl Default for Series {
    fn default() -> Self {
        Self { intervals: Vec::new(), parts: 1 }
    }
}

impl Series {
    /// In order of time, without gaps.
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// Appends what came after.
    pub(crate) fn push(&mut self, interval: Interval) {
        if let Some(last) = self.intervals.last_mut().filter(|last| last.parts < self.parts) {
            last.merge(&interval);
            return;
        }
        if self.intervals.len() == INTERVALS_MAX {
            self.halve();
        }
        self.intervals.push(interval);
    }

    /// Appends what came after to the last interval; a rest too short to stand alone.
    pub(crate) fn extend_last(&mut self, rest: Interval) {
        match self.intervals.last_mut() {
            Some(last) => last.merge(&rest),
            None => self.intervals.push(rest),
        }
    }

    fn halve(&mut self) {
        self.parts *= 2;
        let mut intervals = std::mem::take(&mut self.intervals).into_iter();
        while let Some(mut first) = intervals.next() {
            if let Some(second) = intervals.next() {
                first.merge(&second);
            }
            self.intervals.push(first);
        }
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
            parts: 1,
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
        self.parts += next.parts;
        self.length += next.length;
        self.succeeded += next.succeeded;
        add_all(&mut self.errors, &next.errors);
        self.retries += next.retries;
        self.in_flight.merge(next.in_flight);
        self.start_delay_max = self.start_delay_max.max(next.start_delay_max);
        self.latency.add(&next.latency).expect("it grows as it must");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Latencies;

    const SECOND: Duration = Duration::from_secs(1);
    const SECONDS: u32 = 10_001;

    fn second(number: u32, tally: &Tally) -> Interval {
        let mut interval = Interval::empty(SECOND * number);
        interval.length = SECOND;
        interval.in_flight.look(u64::from(number % 10));
        interval.count(tally);
        interval
    }

    fn tally_of(latencies: &[u64]) -> Tally {
        let latencies: Latencies = latencies.iter().copied().map(Duration::from_micros).collect();
        let retries = latencies.count();
        Tally { succeeded: latencies, retries, ..Tally::default() }
    }

    fn percentile(percent: usize) -> Percentile {
        Percentile::new(u8::try_from(percent).unwrap().into()).unwrap()
    }

    #[test]
    fn hours_fit_into_the_bound_and_lose_nothing() {
        let mut series = Series::default();
        let interval = second(9, &tally_of(&[1_000]));
        for number in 0..SECONDS {
            series.push(Interval { from: SECOND * number, ..interval.clone() });
        }
        let intervals = series.intervals();
        assert!((INTERVALS_MAX / 2..=INTERVALS_MAX).contains(&intervals.len()));
        assert_eq!(intervals.iter().map(Interval::ended).sum::<u64>(), u64::from(SECONDS));
        assert_eq!(
            intervals.iter().map(|interval| interval.retries).sum::<u64>(),
            u64::from(SECONDS)
        );
        let length = intervals[0].length;
        assert!(intervals.iter().rev().skip(1).all(|interval| interval.length == length));
        let mut from = Duration::ZERO;
        for interval in intervals {
            assert_eq!(interval.from, from);
            assert_eq!(
                interval.in_flight,
                InFlightSeen { max: 9, sum: 9 * interval.ended(), looks: interval.ended() }
            );
            from += interval.length;
        }
        assert_eq!(from, SECOND * SECONDS);
    }

    #[test]
    fn a_short_rest_joins_the_interval_before() {
        let mut series = Series::default();
        series.push(second(0, &tally_of(&[5])));
        series.extend_last(second(1, &tally_of(&[7])));
        assert_eq!(series.intervals().len(), 1);
        assert_eq!(series.intervals()[0].length, SECOND * 2);
        assert_eq!(series.intervals()[0].ended(), 2);
    }

    #[test]
    fn an_interval_without_requests_has_no_latency() {
        assert_eq!(Interval::empty(Duration::ZERO).latency_at(Percentile::P99), None);
        assert!(Interval::empty(Duration::ZERO).in_flight.mean().abs() < f64::EPSILON);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn merged_intervals_have_the_percentiles_of_all_their_requests(
            parts in prop::collection::vec(prop::collection::vec(1_u64..5_000_000, 0..30), 1..8),
            percent in 1..=100_usize,
        ) {
            let mut series = Series { parts: 8, ..Series::default() };
            for (number, part) in (0..).zip(&parts) {
                series.push(second(number, &tally_of(part)));
            }
            prop_assert_eq!(series.intervals().len(), 1);
            let merged = &series.intervals()[0];
            let mut all = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(merged.ended(), all.len() as u64);
            let found = merged.latency_at(percentile(percent));
            prop_assert_eq!(found.is_some(), !all.is_empty());
            if let Some(found) = found {
                // Where the rank is whole, its rounding may make it the next.
                let ranks = (all.len() * percent).div_ceil(100)..=all.len() * percent / 100 + 1;
                let naive: Vec<_> = ranks
                    .filter_map(|rank| all.get(rank.max(1) - 1))
                    .map(|micros| Duration::from_micros(*micros))
                    .collect();
                // A hundredth of its own, a thousandth of what it was made from, and rounding.
                let near = |naive: &Duration| (0.999..1.012).contains(&found.div_duration_f64(*naive));
                prop_assert!(naive.iter().any(near), "{found:?} instead of one of {naive:?}");
            }
        }
    }
}
