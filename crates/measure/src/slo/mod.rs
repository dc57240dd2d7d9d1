//! Thresholds: what a run must keep to.

mod parse;
mod verdict;

use std::fmt;

pub use parse::SloError;
use serde::{Deserialize, Serialize};
pub use verdict::{Check, Verdict};

use crate::{Percentile, Run};

/// What a program exits with when a threshold is missed.
pub const EXIT_SLO_MISSED: u8 = 99;

/// Conditions that a run must keep, all of them. As text: `p99<50ms,errors<0.1%,rate>1000/s`.
///
/// | metric | what it is | values |
/// |---|---|---|
/// | `p50` ... `p99.99`, `min`, `mean`, `max` | latency from the intended start | `50ms`, `1.5s`, `250us` |
/// | `service.p99` ... | time from when requests were really sent | the same |
/// | `delay.p99` ... | how late requests were sent | the same |
/// | `errors` | requests that failed, as a share of all that ended, or as a count | `0.1%`, `5` |
/// | `retries` | attempts beyond a request's first, the same | `1%`, `20` |
/// | `rate` | requests that succeeded | `1000/s`, `60/min` |
///
/// Operators are `<`, `<=`, `>` and `>=`; spaces don't matter. A run in which nothing ended keeps no
/// condition: what was not seen is not proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    /// As it was typed.
    text: String,
    metric: Metric,
    operator: Operator,
    /// In the unit.
    limit: f64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Metric {
    Time(Clock, Statistic),
    Errors,
    Retries,
    Rate,
}

/// Where a time begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    Latency,
    Service,
    Delay,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Statistic {
    Percentile(Percentile),
    Min,
    Mean,
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// The unit of a condition's limit and actual value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// Microseconds.
    Microseconds,
    /// Requests.
    Count,
    /// Of all requests that ended; 1 is all of them.
    Share,
    /// Requests a second.
    PerSecond,
}

impl Operator {
    fn holds(self, actual: f64, limit: f64) -> bool {
        match self {
            Self::Less => actual < limit,
            Self::AtMost => actual <= limit,
            Self::Greater => actual > limit,
            Self::AtLeast => actual >= limit,
        }
    }
}

impl Slo {
    /// Holds every condition against the run.
    pub fn judge(&self, run: &Run) -> Verdict {
        Verdict { checks: self.conditions.iter().map(|condition| condition.check(run)).collect() }
    }
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.conditions.iter().map(|condition| &*condition.text).collect();
        f.write_str(&texts.join(","))
    }
}
