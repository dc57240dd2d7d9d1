//! What is compared of two runs.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use measure::{IntervalFigures, show_rate, show_time};

use super::bootstrap::{Difference, Statistic};

/// A figure that every interval has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    Rate,
    P50,
    P90,
    P99,
    Errors,
}

impl Metric {
    pub(super) const ALL: [Self; 5] = [Self::Rate, Self::P50, Self::P90, Self::P99, Self::Errors];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::Errors => "errors",
        }
    }

    /// Of an interval; `None` where nothing ended.
    #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
    pub(super) fn of(self, interval: &IntervalFigures) -> Option<f64> {
        match self {
            Self::Rate => Some(interval.rate_per_second),
            Self::P50 => Some(interval.latency_us?.p50),
            Self::P90 => Some(interval.latency_us?.p90),
            Self::P99 => Some(interval.latency_us?.p99),
            Self::Errors => {
                let ended = interval.succeeded + interval.failed();
                (ended > 0).then(|| interval.failed() as f64 / ended as f64)
            }
        }
    }

    /// Latencies are those of a typical interval. Rates and errors add up, so their mean counts; and a
    /// share of nothing would be no share, so errors are compared by how many points they differ.
    pub(super) fn compared_by(self) -> (Statistic, Difference) {
        match self {
            Self::Rate => (Statistic::Mean, Difference::Relative),
            Self::P50 | Self::P90 | Self::P99 => (Statistic::Median, Difference::Relative),
            Self::Errors => (Statistic::Mean, Difference::Absolute),
        }
    }

    /// 1 where more is worse, -1 where it is better.
    pub(super) fn worse(self) -> f64 {
        if self == Self::Rate { -1.0 } else { 1.0 }
    }

    /// A value, for people.
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Self::Rate => show_rate(value),
            Self::P50 | Self::P90 | Self::P99 => show_time(Duration::from_secs_f64(value / 1e6)),
            Self::Errors => format!("{:.3} %", value * 100.0),
        }
    }

    /// A difference, for people.
    pub(super) fn show_difference(self, difference: f64) -> String {
        let unit = if self == Self::Errors { "points" } else { "%" };
        format!("{:+.1} {unit}", difference * 100.0)
    }
}

/// By how much each metric may become worse. As text: `p99=10%,rate=5%`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits(Vec<(Metric, f64)>);

impl Limits {
    pub(super) fn of(&self, metric: Metric) -> Option<f64> {
        self.0.iter().find(|(other, _)| *other == metric).map(|(_, limit)| *limit)
    }
}

impl FromStr for Limits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let limit = |part: &str| -> Option<(Metric, f64)> {
            let (name, percent) = part.trim().split_once('=')?;
            let metric = Metric::ALL.into_iter().find(|metric| metric.name() == name)?;
            let percent: f64 = percent.strip_suffix('%')?.parse().ok()?;
            (percent.is_finite() && percent >= 0.0).then_some((metric, percent / 100.0))
        };
        let read = |part: &str| {
            limit(part).ok_or_else(|| {
                let names = Metric::ALL.map(Metric::name).join(", ");
                format!("`{part}`: expected one of {names}, and a share, like `p99=10%`")
            })
        };
        text.split(',').map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_name_their_metric() {
        let limits: Limits = "p99=10%, rate=0.5%".parse().unwrap();
        assert_eq!(limits.of(Metric::P99), Some(0.1));
        assert_eq!(limits.of(Metric::Rate), Some(0.005));
        assert_eq!(limits.of(Metric::Errors), None);
        for wrong in ["", "p99", "p99=10", "p98=10%", "p99=-1%", "p99=NaN%", "p99=inf%"] {
            let error = wrong.parse::<Limits>().unwrap_err();
            assert!(error.starts_with(&format!("`{wrong}`: expected one of rate, ")), "{error}");
        }
    }

    #[test]
    fn figures_have_their_units() {
        assert_eq!(Metric::Rate.show(1_000.0), "1,000/s");
        assert_eq!(Metric::P99.show(1_500.0), "1.50 ms");
        assert_eq!(Metric::Errors.show(0.0125), "1.250 %");
        assert_eq!(Metric::P99.show_difference(-0.031), "-3.1 %");
        assert_eq!(Metric::Errors.show_difference(0.02), "+2.0 points");
    }
}
