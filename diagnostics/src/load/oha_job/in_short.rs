//! The report of a run that was cut short: oha tells of no single request then.

use std::collections::BTreeMap;
use std::time::Duration;

use measure::{Report, Requests, Run, Times};

use super::Left;
use super::told::kind_of;
use crate::load::sender::outcome_of;
use crate::oha::OhaReport;

/// What can be told without the single requests.
pub(super) fn report(title: String, left: &Left, accepted: &[u16]) -> Report {
    let summary = left.report.summary;
    let elapsed = Duration::try_from_secs_f64(summary.total).unwrap_or_default();
    let mut report = Report::new(title, &Run::told(left.started_at, elapsed, Vec::new()));
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    for (message, count) in &left.report.error_distribution {
        *errors.entry(kind_of(message).to_string()).or_default() += count;
    }
    let mut succeeded = 0;
    for (status, count) in &left.report.status_code_distribution {
        match outcome_of(*status, accepted) {
            Ok(()) => succeeded += count,
            Err(kind) => *errors.entry(kind.to_string()).or_default() += count,
        }
    }
    let failed = errors.values().sum();
    let ended = succeeded + failed;
    report.requests = Requests { ended, succeeded, failed, unfinished: 0, retries: 0 };
    #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
    let rate = succeeded as f64 / summary.total.max(f64::MIN_POSITIVE);
    report.rate_per_second = rate;
    report.errors = errors;
    report.intervals.clear();
    report.latency_us = times(&left.report);
    report
}

/// Of answers alone; `None` where there was none.
fn times(report: &OhaReport) -> Option<Times> {
    let summary = report.summary;
    let at = |name: &str| Some(report.latency_percentiles.get(name).copied().flatten()? * 1e6);
    Some(Times {
        min: summary.fastest? * 1e6,
        mean: summary.average? * 1e6,
        p50: at("p50")?,
        p90: at("p90")?,
        p99: at("p99")?,
        p99_9: at("p99.9")?,
        p99_99: at("p99.99")?,
        max: summary.slowest? * 1e6,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn left() -> Left {
        let json = br#"{"summary":{"total":2.0,"slowest":0.5,"fastest":0.001,"average":0.01,"totalData":77},
            "latencyPercentiles":{"p10":0.001,"p50":0.002,"p90":0.003,"p99":0.004,"p99.9":0.005,
            "p99.99":0.006},"statusCodeDistribution":{"202":90,"404":3,"503":5},
            "errorDistribution":{"operation timed out":2}}"#;
        let report = OhaReport::from_json(json).unwrap();
        Left { report, requests: None, started_at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_run_that_was_cut_short_has_a_report_too() {
        let report = report("load".to_owned(), &left(), &[404]);
        assert_eq!((report.requests.succeeded, report.requests.failed), (93, 7));
        assert_eq!(report.errors["status 503"], 5);
        assert_eq!(report.errors["timeout"], 2);
        assert!((report.rate_per_second - 46.5).abs() < f64::EPSILON);
        assert!((report.latency_us.unwrap().p99 - 4_000.0).abs() < 1e-9);
        assert!(report.to_text().contains("4.00 ms") && report.to_html().contains("4.00 ms"));
    }
}
