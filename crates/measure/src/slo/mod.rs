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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{empty_run, stormy_run};

    fn error(text: &str) -> String {
        text.parse::<Slo>().unwrap_err().to_string()
    }

    /// Whether the run of the tests keeps each condition.
    fn met(text: &str) -> Vec<bool> {
        let slo: Slo = text.parse().unwrap();
        slo.judge(&stormy_run()).checks.iter().map(|check| check.met).collect()
    }

    #[test]
    fn every_metric_and_operator_is_understood() {
        let text = "p50<5ms,p99.9<=70ms,min>=1ms,max<2s,mean>1us,service.p99<0.02s,delay.max<1min,\
                    errors<1%,errors<1000,retries<=240,retries<1%,rate>990/s,rate>=1000/min,rate>1/h";
        assert_eq!(met(text), [true; 14]);
    }

    #[test]
    fn a_limit_that_is_missed_is_missed() {
        let text = "p50>5ms, p99 <= 10ms, errors < 0.1%, errors<=277, rate>=1000/s, retries<240";
        assert_eq!(met(text), [false; 6]);
        // The equal is what divides < from <=.
        assert_eq!(
            met("retries<=240,retries<240,retries>=240,retries>240"),
            [true, false, true, false]
        );
    }

    #[test]
    fn the_verdict_says_what_it_was() {
        let slo: Slo = "p50<5ms, errors<0.1% ,retries<5,rate>1/s".parse().unwrap();
        let verdict = slo.judge(&stormy_run());
        assert!(!verdict.met());
        let lines = verdict
            .checks
            .iter()
            .map(|check| format!("{} {}", check.condition, check.show_actual()));
        let expected = ["p50<5ms 2.26 ms", "errors<0.1% 0.308%", "retries<5 240", "rate>1/s 997/s"];
        assert_eq!(lines.collect::<Vec<_>>(), expected);
        let slo: Slo = "p50<5ms".parse().unwrap();
        assert!(slo.judge(&stormy_run()).met());
    }

    #[test]
    fn nothing_seen_is_nothing_proven() {
        let slo: Slo = "errors<100%,rate>=0/s,p99<1h".parse().unwrap();
        let verdict = slo.judge(&empty_run());
        assert!(verdict.checks.iter().all(|check| !check.met && check.actual.is_none()));
    }

    #[test]
    fn errors_name_the_column_and_what_was_expected() {
        assert_eq!(
            error("p99<50"),
            "column 5: `50` is no limit here: expected a time with its unit, like `50ms`; units \
             are ns, us, ms, s, min and h"
        );
        assert_eq!(error("p99<5ms,"), "column 9: expected a condition like `p99<50ms`");
        assert_eq!(error(""), "column 1: expected a condition like `p99<50ms`");
        assert_eq!(error("p99"), "column 4: expected `<`, `<=`, `>` or `>=` and a limit");
        assert_eq!(error("p99=5ms"), "column 4: expected `<`, `<=`, `>` or `>=` and a limit");
        assert_eq!(error("p101<5ms"), "column 1: a percentile is above 0 and at most 100");
        assert_eq!(error("delay.p0<5ms"), "column 7: a percentile is above 0 and at most 100");
        assert!(
            error("p99<5ms, q1<5ms").starts_with("column 10: `q1` is no metric: expected `p50`")
        );
        assert!(error("service.errors<1").starts_with("column 9: `errors` is no metric"));
        assert!(error("<5ms").starts_with("column 1: expected a metric: `p50`"));
        assert!(error("errors<5ms").contains("expected a share like `0.1%` or a whole number"));
        assert!(error("errors<0.5").starts_with("column 8: `0.5` is no limit here"));
        assert_eq!(error("errors<101%"), "column 8: a share is at most 100%");
        assert!(error("rate>1000").ends_with("like `1000/s`; units are /s, /min and /h"));
        assert!(error("p99<<5ms").starts_with("column 5: `<5ms` is no limit here"));
        assert!(error("µ<5ms,p99<").starts_with("column 1: `µ` is no metric"));
        assert!(error("p99 < 5µs ,p99<").starts_with("column 16: expected a time with its unit"));
    }

    #[test]
    fn conditions_have_a_bound() {
        let many = |count| vec!["rate>1/s"; count].join(",");
        assert!(many(100).parse::<Slo>().is_ok());
        assert_eq!(error(&many(101)), "column 901: at most 100 conditions");
    }

    #[test]
    fn it_reads_what_it_shows() {
        let slo: Slo = " p99 < 50ms , errors<0.1%".parse().unwrap();
        assert_eq!(slo.to_string(), "p99 < 50ms,errors<0.1%");
        assert_eq!(slo.to_string().parse::<Slo>().unwrap(), slo);
    }
}
