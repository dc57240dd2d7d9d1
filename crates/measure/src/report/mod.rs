//! What a run found, for people and programs.

mod distribution;
mod html;
mod load;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

pub use distribution::Bin;
pub use html::escape as escape_html;
use jiff::Timestamp;
pub use load::{LevelUnit, LoadFigures, StageFigures, TaskFigures};
use serde::{Deserialize, Serialize};

use crate::{Interval, Latencies, Percentile, Run, Verdict, run};

/// The version of the JSON. Fields may be added to it; anything else makes a new version.
pub const REPORT_VERSION: u32 = 1;

/// A run in figures: everything that the text, the JSON and the HTML tell. Times are microseconds
/// unless a name says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// What was done, in a few words.
    pub title: String,
    /// What else a reader should know, in this order.
    pub facts: Vec<Fact>,
    /// When the run began.
    pub started_at: Timestamp,
    /// How long it took.
    pub elapsed_seconds: f64,
    /// How many requests went how.
    pub requests: Requests,
    /// Requests a second that succeeded.
    pub rate_per_second: f64,
    /// Requests under way.
    pub in_flight: InFlightFigures,
    /// Requests that failed, by kind.
    pub errors: BTreeMap<String, u64>,
    /// From the intended start to the end, of all that ended.
    pub latency_us: Option<Times>,
    /// The same of those that failed.
    pub error_latency_us: Option<Times>,
    /// From when requests were really sent.
    pub service_time_us: Option<Times>,
    /// How late requests were sent.
    pub start_delay_us: Option<Times>,
    /// What was asked of a target and what it answered, where the run was a load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadFigures>,
    /// Thresholds and what came of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slo: Option<Judgement>,
    /// How often which latency occurred, ascending, in steps of equal ratio.
    pub distribution: Vec<Bin>,
    /// The run over time, without gaps.
    pub intervals: Vec<IntervalFigures>,
}

/// Something a reader should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What.
    pub name: String,
    /// Which.
    pub value: String,
}

/// How many requests went how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// Succeeded and failed.
    pub ended: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Failed for good.
    pub failed: u64,
    /// Had started and not ended when the measurement did; in no other figure.
    pub unfinished: u64,
    /// Attempts beyond a request's first.
    pub retries: u64,
}

/// Requests under way, looked at several times a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InFlightFigures {
    /// The most that was seen.
    pub max: u64,
    /// The mean of what was seen.
    pub mean: f64,
}

/// Times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// The shortest.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// Nine of ten are no longer.
    pub p90: f64,
    /// 99 of a hundred are no longer.
    pub p99: f64,
    /// 999 of a thousand are no longer.
    #[serde(rename = "p99.9")]
    pub p99_9: f64,
    /// 9,999 of ten thousand are no longer.
    #[serde(rename = "p99.99")]
    pub p99_99: f64,
    /// The longest.
    pub max: f64,
}

/// Thresholds and whether all were kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether all were.
    pub met: bool,
    /// Each of them.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// A part of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntervalFigures {
    /// When it begins, since the beginning of the run.
    pub from_seconds: f64,
    /// How long it is.
    pub seconds: f64,
    /// Requests that ended well.
    pub succeeded: u64,
    /// Requests that failed, by kind.
    pub errors: BTreeMap<String, u64>,
    /// Attempts beyond a request's first.
    pub retries: u64,
    /// Requests a second that succeeded.
    pub rate_per_second: f64,
    /// Requests under way.
    pub in_flight: InFlightFigures,
    /// Latencies of all that ended; too high by at most a hundredth.
    pub latency_us: Option<IntervalTimes>,
    /// The latest start of a request that ended.
    pub start_delay_max_us: f64,
}

/// Latencies of an interval in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntervalTimes {
    /// The median.
    pub p50: f64,
    /// Nine of ten are no longer.
    pub p90: f64,
    /// 99 of a hundred are no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

/// JSON that is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is something else.
    #[error("this is no report: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It was written by a newer build.
    #[error("the report's version is {0}, this build reads {REPORT_VERSION}")]
    Version(u64),
}

impl Report {
    /// The figures of a run. `title` says in a few words what was done.
    pub fn new(title: impl Into<String>, run: &Run) -> Self {
        let latency = run.latency();
        let series = run.series.intervals();
        Self {
            version: REPORT_VERSION,
            title: title.into(),
            facts: Vec::new(),
            started_at: run.started_at,
            elapsed_seconds: seconds(run.elapsed),
            requests: Requests {
                ended: run.ended(),
                succeeded: run.succeeded(),
                failed: run.failed(),
                unfinished: run.unfinished,
                retries: run.retries(),
            },
            rate_per_second: thousandths(run.rate()),
            in_flight: InFlightFigures::of(series.iter().map(|interval| interval.in_flight)),
            errors: run.errors().iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
            latency_us: Times::of(&latency),
            error_latency_us: Times::of(run.error_latency()),
            service_time_us: Times::of(run.service_time()),
            start_delay_us: Times::of(run.start_delay()),
            load: None,
            slo: None,
            distribution: distribution::of(&latency),
            intervals: series.iter().map(IntervalFigures::of).collect(),
        }
    }

    /// With one more thing a reader should know: the target, the order, the pace.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name: name.into(), value: value.into() });
        self
    }

    /// With what a load asked, and what it was answered.
    #[must_use]
    pub fn loaded(mut self, load: LoadFigures) -> Self {
        self.load = Some(load);
        self
    }

    /// With what came of the thresholds.
    #[must_use]
    pub fn judged(mut self, verdict: Verdict) -> Self {
        self.slo = Some(Judgement { met: verdict.met(), verdict });
        self
    }

    /// Whether no threshold was missed; what decides between exit codes.
    pub fn met(&self) -> bool {
        self.slo.as_ref().is_none_or(|slo| slo.met)
    }

    /// The times that were measured: name, figures, meaning.
    fn times(&self) -> Vec<(&'static str, Times, &'static str)> {
        [
            ("latency", self.latency_us, "from the intended start to the end"),
            ("of failed", self.error_latency_us, "the same, failed requests only"),
            ("service time", self.service_time_us, "from when it was sent"),
            ("start delay", self.start_delay_us, "how late it was sent"),
        ]
        .into_iter()
        .filter_map(|(name, times, meaning)| Some((name, times?, meaning)))
        .collect()
    }

    /// For a terminal: figures in aligned columns, no colour, ends with a line feed.
    pub fn to_text(&self) -> String {
        text::render(self)
    }

    /// For programs: indented, ends with a line feed.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a report has a JSON form");
        json.push('\n');
        json
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    pub fn from_json(json: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let Version { version } = serde_json::from_str(json)?;
        if version != u64::from(REPORT_VERSION) {
            return Err(ReportError::Version(version));
        }
        Ok(serde_json::from_str(json)?)
    }

    /// For a browser: one page with plots that loads nothing and runs no script.
    pub fn to_html(&self) -> String {
        html::render(self)
    }

    /// Prints the text, or the JSON, and writes the page where one is wanted. The error names what could
    /// not be written; the other one is. Where nobody reads what is printed, page and exit code still tell
    /// it, so that is none.
    pub fn publish(&self, json: bool, page: Option<&Path>) -> io::Result<()> {
        let text = if json { self.to_json() } else { self.to_text() };
        let mut out = io::stdout().lock();
        let printed = match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            printed => printed.map_err(|error| named(&"the report on stdout", &error)),
        };
        if let Some(path) = page {
            let written = std::fs::write(path, self.to_html());
            written.map_err(|error| named(&path.display(), &error))?;
        }
        printed
    }
}

fn named(what: &dyn Display, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

impl Times {
    /// Of these; `None` of nothing.
    pub fn of(latencies: &Latencies) -> Option<Self> {
        let at = |percentile| latencies.at(percentile).map(microseconds);
        Some(Self {
            min: latencies.min().map(microseconds)?,
            mean: latencies.mean().map(microseconds)?,
            p50: at(Percentile::P50)?,
            p90: at(Percentile::P90)?,
            p99: at(Percentile::P99)?,
            p99_9: at(Percentile::P99_9)?,
            p99_99: at(Percentile::P99_99)?,
            max: latencies.max().map(microseconds)?,
        })
    }
}

impl InFlightFigures {
    fn of(seen: impl Iterator<Item = crate::series::InFlightSeen>) -> Self {
        let mut all = crate::series::InFlightSeen::default();
        seen.for_each(|seen| all.merge(seen));
        Self { max: all.max, mean: thousandths(all.mean()) }
    }
}

impl IntervalFigures {
    pub(crate) fn of(interval: &Interval) -> Self {
        let at = |percent| interval.latency_at(percent).map(microseconds);
        let times = || {
            Some(IntervalTimes {
                p50: at(Percentile::P50)?,
                p90: at(Percentile::P90)?,
                p99: at(Percentile::P99)?,
                max: at(Percentile::new(100.0)?)?,
            })
        };
        Self {
            from_seconds: seconds(interval.from),
            seconds: seconds(interval.length),
            succeeded: interval.succeeded,
            errors: interval.errors.iter().map(|(kind, n)| (kind.to_string(), *n)).collect(),
            retries: interval.retries,
            rate_per_second: thousandths(run::per_second(interval.succeeded, interval.length)),
            in_flight: InFlightFigures::of([interval.in_flight].into_iter()),
            latency_us: times(),
            start_delay_max_us: microseconds(interval.start_delay_max),
        }
    }

    /// Requests that failed.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }
}

fn microseconds(time: Duration) -> f64 {
    thousandths(time.as_secs_f64() * 1e6)
}

fn seconds(time: Duration) -> f64 {
    thousandths(time.as_secs_f64())
}

/// Rounded, so that figures are short to read and the same on every machine.
fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
