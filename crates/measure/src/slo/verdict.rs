//! Holding a run against thresholds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Clock, Condition, Metric, Statistic, Unit};
use crate::quantity::{show_time, three_digits};
use crate::{Latencies, Run};

/// What came of every condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// One a condition, in the order in which they were typed.
    pub checks: Vec<Check>,
}

/// One condition, and whether the run kept it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The condition as it was typed.
    pub condition: String,
    /// Of `limit` and `actual`.
    pub unit: Unit,
    /// What was demanded.
    pub limit: f64,
    /// What it was; `None` when nothing ended.
    pub actual: Option<f64>,
    /// Whether it was kept. What was not seen is not.
    pub met: bool,
}

impl Verdict {
    /// Whether every condition was kept.
    pub fn met(&self) -> bool {
        self.checks.iter().all(|check| check.met)
    }
}

impl Check {
    /// The actual value with its unit, for people.
    pub fn show_actual(&self) -> String {
        let Some(actual) = self.actual else { return "nothing ended".to_owned() };
        match self.unit {
            Unit::Microseconds => show_time(Duration::from_secs_f64(actual / 1e6)),
            Unit::Count => format!("{actual}"),
            Unit::Share => format!("{}%", three_significant(actual * 100.0)),
            Unit::PerSecond => format!("{}/s", three_digits(actual)),
        }
    }
}

impl Condition {
    pub(super) fn check(&self, run: &Run) -> Check {
        let actual = (run.ended() > 0).then(|| self.actual(run)).flatten();
        // Few enough digits that every JSON reader gets the same number back.
        let actual = actual.map(|actual| (actual * 1e9).round() / 1e9);
        Check {
            condition: self.text.clone(),
            unit: self.unit,
            limit: self.limit,
            actual,
            met: actual.is_some_and(|actual| self.operator.holds(actual, self.limit)),
        }
    }

    fn actual(&self, run: &Run) -> Option<f64> {
        match self.metric {
            Metric::Time(clock, statistic) => {
                let time = match clock {
                    Clock::Latency => statistic.of(&run.latency()),
                    Clock::Service => statistic.of(run.service_time()),
                    Clock::Delay => statistic.of(run.start_delay()),
                };
                time.map(|time| time.as_secs_f64() * 1e6)
            }
            Metric::Errors => Some(self.share_or_count(run.failed(), run)),
            Metric::Retries => Some(self.share_or_count(run.retries(), run)),
            Metric::Rate => Some(run.rate()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
    fn share_or_count(&self, count: u64, run: &Run) -> f64 {
        if self.unit == Unit::Share { count as f64 / run.ended() as f64 } else { count as f64 }
    }
}

impl Statistic {
    fn of(self, latencies: &Latencies) -> Option<Duration> {
        match self {
            Self::Percentile(percentile) => latencies.at(percentile),
            Self::Min => latencies.min(),
            Self::Mean => latencies.mean(),
            Self::Max => latencies.max(),
        }
    }
}

/// Three digits that count, so that 0.0034 is not shown as 0.00.
fn three_significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    #[expect(clippy::cast_possible_truncation, reason = "a percentage has few digits")]
    let digits_before = value.abs().log10().floor() as i32;
    let after = usize::try_from(2 - digits_before).unwrap_or(0).min(6);
    format!("{value:.after$}")
}
