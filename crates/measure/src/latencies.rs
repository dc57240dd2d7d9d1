//! Many durations, kept as a histogram.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest duration told apart; longer ones count as this.
pub const LATENCY_MAX: Duration = Duration::from_hours(1);
/// Durations below some of these are not told apart: the histogram's finest step is 64 ns.
const LOWEST_NS: u64 = 64;
/// Values keep this many decimal digits: they are wrong by at most a thousandth.
const DIGITS: u8 = 3;

/// How many durations there were of each length: fixed memory (0.2 MB) whatever their number.
///
/// A value read back is that of its bucket's upper end: too high by at most a thousandth or 64 ns,
/// whichever is more, and never above [`LATENCY_MAX`] by more than that.
#[derive(Clone)]
pub struct Latencies {
    nanoseconds: Histogram<u64>,
}

impl Default for Latencies {
    fn default() -> Self {
        let nanoseconds = Histogram::new_with_bounds(LOWEST_NS, nanoseconds(LATENCY_MAX), DIGITS);
        Self { nanoseconds: nanoseconds.expect("the bounds make a histogram") }
    }
}

impl Latencies {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    #[inline]
    pub fn record(&mut self, latency: Duration) {
        self.nanoseconds.saturating_record(nanoseconds(latency));
    }

    /// All of `other`, too.
    pub fn merge(&mut self, other: &Self) {
        self.nanoseconds.add(&other.nanoseconds).expect("both have the same bounds");
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.nanoseconds.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nanoseconds.is_empty()
    }

    /// The smallest value that at least this share of all do not exceed (nearest rank, nothing
    /// interpolated); `None` of nothing.
    pub fn at(&self, percentile: Percentile) -> Option<Duration> {
        self.of_some(|histogram| histogram.value_at_quantile(percentile.quantile()))
    }

    /// The shortest; `None` of nothing.
    pub fn min(&self) -> Option<Duration> {
        self.of_some(Histogram::min)
    }

    /// The longest; `None` of nothing.
    pub fn max(&self) -> Option<Duration> {
        self.of_some(Histogram::max)
    }

    /// The mean; `None` of nothing.
    pub fn mean(&self) -> Option<Duration> {
        (!self.is_empty()).then(|| Duration::from_secs_f64(self.nanoseconds.mean() / 1e9))
    }

    /// Every length that occurs, ascending, and how often it does.
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> {
        let steps = self.nanoseconds.iter_recorded();
        steps.map(|step| (Duration::from_nanos(step.value_iterated_to()), step.count_at_value()))
    }

    /// Forgets all of them, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.nanoseconds.reset();
    }

    pub(crate) fn histogram(&self) -> &Histogram<u64> {
        &self.nanoseconds
    }

    fn of_some(&self, value: impl Fn(&Histogram<u64>) -> u64) -> Option<Duration> {
        (!self.is_empty()).then(|| Duration::from_nanos(value(&self.nanoseconds)))
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latencies")
            .field("count", &self.count())
            .field("p50", &self.at(Percentile::P50))
            .field("p99", &self.at(Percentile::P99))
            .field("max", &self.max())
            .finish()
    }
}

impl PartialEq for Latencies {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Latencies {}

impl Extend<Duration> for Latencies {
    fn extend<T: IntoIterator<Item = Duration>>(&mut self, latencies: T) {
        latencies.into_iter().for_each(|latency| self.record(latency));
    }
}

impl FromIterator<Duration> for Latencies {
    fn from_iter<T: IntoIterator<Item = Duration>>(latencies: T) -> Self {
        let mut all = Self::new();
        all.extend(latencies);
        all
    }
}

/// A duration's nanoseconds; more than 584 years count as that.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A share of all values: above 0 and at most 100, in percent.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percentile(f64);

impl Percentile {
    /// The median.
    pub const P50: Self = Self(50.0);
    /// 90 %.
    pub const P90: Self = Self(90.0);
    /// 99 %.
    pub const P99: Self = Self(99.0);
    /// 99.9 %.
    pub const P99_9: Self = Self(99.9);
    /// 99.99 %.
    pub const P99_99: Self = Self(99.99);

    /// `None` unless above 0 and at most 100.
    pub fn new(percent: f64) -> Option<Self> {
        (percent > 0.0 && percent <= 100.0).then_some(Self(percent))
    }

    /// Above 0 and at most 1.
    pub fn quantile(self) -> f64 {
        self.0 / 100.0
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}
