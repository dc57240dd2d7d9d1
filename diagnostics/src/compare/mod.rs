//! Whether two loads went differently, and how sure that is.

mod bootstrap;
mod metric;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use fastrand::Rng;
use measure::{EXIT_SLO_MISSED, IntervalFigures, Report};
use serde::Serialize;
use service_kit::exit::Usage;

use bootstrap::Estimate;
pub use metric::Limits;
use metric::Metric;

/// All that is said of two runs together holds with this confidence.
const CONFIDENCE: f64 = 0.95;
/// And each of the five metrics with this, so that it is so (Bonferroni).
const CONFIDENCE_EACH: f64 = 1.0 - (1.0 - CONFIDENCE) / 5.0;
const _: () = assert!(Metric::ALL.len() == 5);
/// With fewer intervals nothing can be said.
const INTERVALS_MIN: usize = 10;
/// Intervals of two reports are alike if their lengths differ by no more than this share.
const LENGTHS_DIFFER_MAX: f64 = 0.1;

/// Compare two reports of loads, made with --json: did anything change, and how sure is that?
///
/// Compared are the intervals of the two runs, mostly seconds: the mean of their rates and of their shares
/// of errors, and the median of their p50, p90 and p99. A circular block bootstrap tells between which two
/// values each difference lies; all five together hold with 95 % confidence. Where that includes none at
/// all, no difference can be shown, which does not mean that there is none: a longer load shows more.
///
/// Two runs are compared, not two builds: what differs from one run to the next of the same build differs
/// here, too. Compare several pairs before you believe in a small difference.
#[derive(Args, Debug)]
#[command(
    verbatim_doc_comment,
    after_long_help = "Examples:\n\n    \
    diagnostics load http://127.0.0.1:8000 --rate 1000/s --for 1m --json > before.json\n    \
    diagnostics compare before.json after.json --skip 5s --regression p99=10%,rate=5%\n\n\
    Exit codes: 0 compared, 1 failed, 2 wrong usage or no reports that can be compared, 99 a metric became \
    worse by more than --regression allows, with confidence"
)]
pub struct CompareArgs {
    /// The report of the load before.
    before: PathBuf,
    /// The report of the load after.
    after: PathBuf,
    /// Leaves out the beginning of both, while connections open and caches fill.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = measure::read_time)]
    skip: Duration,
    /// By how much each may become worse, such as p99=10%,rate=5%,errors=1% (points).
    #[arg(long, value_name = "LIMITS")]
    regression: Option<Limits>,
    /// Where the chance of the bootstrap begins; the same seed gives the same answer.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Why two reports can't be compared.
#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error("{file}: {reason}")]
    Unreadable { file: String, reason: String },
    #[error(
        "{file} has {count} intervals of the run over time, and {INTERVALS_MIN} are needed to tell \
         difference from chance: load for longer, or skip less"
    )]
    TooShort { file: String, count: usize },
}

/// What may be said of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Verdict {
    Better,
    Worse,
    /// Nothing: chance alone makes as much.
    NotShown,
}

/// One metric of both runs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    metric: &'static str,
    before: f64,
    after: f64,
    /// A share of `before`; of errors, a difference of shares.
    difference: f64,
    low: f64,
    high: f64,
    verdict: Verdict,
    /// By how much it may become worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<f64>,
    /// Whether it surely became worse by more.
    regression: bool,
    #[serde(skip)]
    shown: Metric,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Comparison {
    confidence: f64,
    intervals: [usize; 2],
    rows: Vec<Row>,
    /// What makes the two hard to compare.
    notes: Vec<String>,
}

/// Compares, and tells by the exit code whether anything became too much worse.
pub fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let comparison = args.compare().map_err(|error| Usage::new(error.to_string()))?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&comparison)?);
    } else {
        print!("{}", comparison.to_text());
    }
    let regression = comparison.rows.iter().any(|row| row.regression);
    Ok(if regression { ExitCode::from(EXIT_SLO_MISSED) } else { ExitCode::SUCCESS })
}

impl CompareArgs {
    fn compare(&self) -> Result<Comparison, CompareError> {
        let (before, after) = (read(&self.before)?, read(&self.after)?);
        let intervals =
            (usable(&before, self.skip, &self.before)?, usable(&after, self.skip, &self.after)?);
        let mut chance = Rng::with_seed(self.seed);
        let limits = self.regression.clone().unwrap_or_default();
        let rows = Metric::ALL.into_iter().filter_map(|metric| {
            let of = |intervals: &[&IntervalFigures]| -> Vec<f64> {
                intervals.iter().filter_map(|interval| metric.of(interval)).collect()
            };
            let (was, is) = (of(&intervals.0), of(&intervals.1));
            let compared = !was.is_empty() && !is.is_empty();
            compared.then(|| Row::of(metric, &was, &is, limits.of(metric), &mut chance))
        });
        Ok(Comparison {
            confidence: CONFIDENCE,
            rows: rows.collect(),
            notes: notes(&before, &after),
            intervals: [intervals.0.len(), intervals.1.len()],
        })
    }
}

fn read(path: &Path) -> Result<Report, CompareError> {
    let wrong =
        |reason: String| CompareError::Unreadable { file: path.display().to_string(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Report::from_json(&text).map_err(|error| wrong(error.to_string()))
}

/// Whole intervals behind what is skipped.
fn usable<'r>(
    report: &'r Report,
    skip: Duration,
    file: &Path,
) -> Result<Vec<&'r IntervalFigures>, CompareError> {
    let usual = usual_length(report);
    let behind = |interval: &&IntervalFigures| {
        interval.from_seconds >= skip.as_secs_f64() && interval.seconds > usual / 2.0
    };
    let intervals: Vec<_> = report.intervals.iter().filter(behind).collect();
    if intervals.len() < INTERVALS_MIN {
        let (file, count) = (file.display().to_string(), intervals.len());
        return Err(CompareError::TooShort { file, count });
    }
    Ok(intervals)
}

fn usual_length(report: &Report) -> f64 {
    report.intervals.first().map_or(0.0, |interval| interval.seconds)
}

/// What makes two reports hard to compare.
fn notes(before: &Report, after: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    let fact = |report: &Report, name: &str| {
        let found = report.facts.iter().find(|fact| fact.name == name);
        found.map_or_else(String::new, |fact| fact.value.clone())
    };
    for name in ["sent", "stages", "model", "engine"] {
        let (was, is) = (fact(before, name), fact(after, name));
        if was != is {
            notes.push(format!("they were not loaded alike: {name} was `{was}`, and is `{is}`"));
        }
    }
    let (was, is) = (usual_length(before), usual_length(after));
    if (was - is).abs() > LENGTHS_DIFFER_MAX * was {
        notes.push(format!("their intervals differ: {was:.1} s and {is:.1} s"));
    }
    for (name, report) in [("before", before), ("after", after)] {
        let warnings = report.load.as_ref().map_or(&[][..], |load| &load.warnings);
        notes.extend(warnings.iter().map(|warning| format!("{name}: {warning}")));
    }
    notes
}

impl Row {
    fn of(
        metric: Metric,
        before: &[f64],
        after: &[f64],
        limit: Option<f64>,
        chance: &mut Rng,
    ) -> Self {
        let by = metric.compared_by();
        let Estimate { before, after, difference, low, high } =
            bootstrap::compare(before, after, by, CONFIDENCE_EACH, chance);
        let (least, most) = if metric.worse() > 0.0 { (low, high) } else { (-high, -low) };
        let verdict = match (least, most) {
            (least, _) if least > 0.0 => Verdict::Worse,
            (_, most) if most < 0.0 => Verdict::Better,
            _ => Verdict::NotShown,
        };
        let regression = limit.is_some_and(|limit| least > limit);
        let name = metric.name();
        Self {
            metric: name,
            before,
            after,
            difference,
            low,
            high,
            verdict,
            limit,
            regression,
            shown: metric,
        }
    }

    fn words(&self) -> String {
        let words = match self.verdict {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::NotShown => "no difference can be shown",
        };
        match (self.regression, self.limit) {
            (true, Some(limit)) => format!("WORSE by more than {:.1} %", limit * 100.0),
            _ => words.to_owned(),
        }
    }
}

impl Comparison {
    fn to_text(&self) -> String {
        let mut text = format!(
            "  {:<8} {:>12} {:>12} {:>13}  {}\n",
            "", "before", "after", "difference", "which lies between"
        );
        for row in &self.rows {
            let metric = row.shown;
            let between = format!(
                "{} and {}",
                metric.show_difference(row.low),
                metric.show_difference(row.high)
            );
            let _ = writeln!(
                text,
                "  {:<8} {:>12} {:>12} {:>13}  {between:<30} {}",
                row.metric,
                metric.show(row.before),
                metric.show(row.after),
                metric.show_difference(row.difference),
                row.words()
            );
        }
        let [before, after] = self.intervals;
        let _ = writeln!(
            text,
            "\n  Together with {:.0} % confidence; {before} and {after} intervals.",
            self.confidence * 100.0
        );
        for note in &self.notes {
            let _ = writeln!(text, "  NOTE {note}");
        }
        text
    }
}
