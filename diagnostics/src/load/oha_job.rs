//! A load that oha can do: bodies that stay the same, at one rate.
//!
//! oha tells of every answer when its request should have begun, began and ended, so the report is the
//! same as after a load of our own. Of requests without an answer it tells only how many there were of
//! each kind: they count as if each had taken all of its time-out, at the end of the run.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use measure::{ErrorKind, LevelUnit, LoadFigures, Report, Requests, Run, Times, Told};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::args::{Engine, LoadArgs};
use super::open::LATE;
use super::results::Results;
use super::stages::Stages;
use super::{Usage, source};
use crate::bench::programs;
use crate::oha::{self, OhaReport};

/// A load for oha.
pub(super) struct OhaJob {
    program: PathBuf,
    bodies: Vec<String>,
    /// Requests a second.
    rate: f64,
}

/// What a run of oha left behind.
struct Left {
    report: OhaReport,
    /// Of every answer; `None` where the run was cut short, or where this oha is not ours.
    requests: Option<Vec<Told>>,
    started_at: Timestamp,
}

impl OhaJob {
    /// The job, or why it is none for oha.
    pub(super) async fn of(
        args: &LoadArgs,
        stages: &Stages,
    ) -> anyhow::Result<Result<Self, String>> {
        let can_not = |why: &str| match args.engine {
            Engine::Oha => Err(Usage::new(format!("oha can't do this: {why}")).into()),
            Engine::Auto | Engine::Own => Ok(Err(why.to_owned())),
        };
        if args.engine == Engine::Own {
            return can_not("as was asked");
        }
        let Some(bodies) = source::bodies(args)? else {
            return can_not("bodies change from request to request");
        };
        let (LevelUnit::PerSecond, Some(rate)) = (stages.unit(), stages.constant()) else {
            return can_not("it is not one rate all the time");
        };
        if args.requests.is_some() {
            return can_not("there is a number of requests and a time");
        }
        let program = match (&args.oha, args.engine) {
            (Some(program), _) if oha::is_right(program).await => program.clone(),
            (Some(program), _) => {
                let program = program.display();
                return Err(Usage::new(format!("{program} is not oha {}", oha::VERSION)).into());
            }
            (None, engine) => match oha::find().await {
                Some(program) => program,
                None if engine == Engine::Oha => programs::build_oha().await?,
                None => return can_not(&format!("no oha {} was found", oha::VERSION)),
            },
        };
        Ok(Ok(Self { program, bodies, rate }))
    }

    /// Runs it, and reports.
    pub(super) async fn run(
        self,
        args: &LoadArgs,
        stages: &Stages,
        stop: &CancellationToken,
    ) -> anyhow::Result<ExitCode> {
        super::descriptors::make_room(args.connections.get())?;
        let folder = tempfile::tempdir().context("making a temporary directory")?;
        let left = self.load(args, stages, stop, folder.path()).await?;
        let interrupted = left.report.summary.total + 0.5 < stages.length().as_secs_f64();
        let engine = format!("oha {}", oha::VERSION);
        let results = Results { args, stages, engine, interrupted };
        let figures = |warnings| self.figures(&left, stages, warnings);
        let Some(requests) = &left.requests else {
            if args.slo.is_some() {
                bail!(
                    "oha told no single requests, so the thresholds can't be judged; it was cut short, or is not that of diagnostics/oha"
                );
            }
            let report = results.describe(in_short(results.title(), &left, &args.accept));
            return results.publish(&report.loaded(figures(Vec::new())));
        };
        let elapsed = Duration::try_from_secs_f64(left.report.summary.total)?;
        let mut told = requests.clone();
        told.extend(unanswered(&left.report, elapsed, args.timeout));
        let run = Run::told(left.started_at, elapsed, told);
        let warnings = warnings(&run, &left.report, args);
        results.tell(&run, figures(warnings))
    }

    async fn load(
        &self,
        args: &LoadArgs,
        stages: &Stages,
        stop: &CancellationToken,
        folder: &Path,
    ) -> anyhow::Result<Left> {
        let (json, database) = (folder.join("report.json"), folder.join("requests.db"));
        let bodies = folder.join("bodies");
        std::fs::write(&bodies, self.bodies.join("\n"))?;
        let mut command = Command::new(&self.program);
        command.args(["--output-format", "json", "--disable-compression", "-o"]).arg(&json);
        command.arg("--db-url").arg(&database);
        command.args(["-q", &self.rate.to_string(), "--latency-correction", "-w"]);
        command.args(["-z", &milliseconds(stages.length()), "-t", &milliseconds(args.timeout)]);
        command.args(["-c", &args.connections.to_string(), "-m", &args.method]);
        command.args(["-T", "application/json"]);
        for (name, value) in &args.headers {
            command.args(["-H", &format!("{name}: {value}")]);
        }
        command.arg(if args.bodies.is_some() { "-Z" } else { "-D" }).arg(&bodies);
        // oha has a screen of its own, and shows it where stdout is a terminal.
        let shows = !args.quiet && !args.json && std::io::stdout().is_terminal();
        if !shows {
            command.arg("--no-tui").stdout(Stdio::null());
        }
        command.arg(format!("{}{}", args.target, args.path));
        let started_at = Timestamp::now();
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
        let mut child = child.with_context(|| format!("starting {}", self.program.display()))?;
        if !args.quiet && !shows {
            eprintln!("{} sends for {:?}", self.program.display(), stages.length());
        }
        let ended = tokio::select! {
            ended = child.wait() => ended,
            () = stop.cancelled() => {
                interrupt(&child)?;
                child.wait().await
            }
        };
        let ended = ended.context("running oha")?;
        ensure!(ended.success(), "oha ended with {ended}");
        let text = std::fs::read(&json).context("reading oha's report")?;
        let report = OhaReport::from_json(&text).context("reading oha's report")?;
        let requests = std::fs::read_to_string(folder.join("requests.db.requests")).ok();
        let requests = requests.map(|text| read(&text, &args.accept)).transpose()?;
        Ok(Left { report, requests, started_at })
    }

    fn figures(&self, left: &Left, stages: &Stages, warnings: Vec<String>) -> LoadFigures {
        // A load that was cut short asked for nothing afterwards.
        let length = stages.length().as_secs_f64();
        let seconds =
            if left.requests.is_some() { length } else { length.min(left.report.summary.total) };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a load has bounds"
        )]
        let asked = (self.rate * seconds).ceil() as u64;
        LoadFigures {
            asked: Some(asked),
            stages: stages.figures(),
            statuses: left.report.status_code_distribution.clone(),
            bytes_received: left.report.summary.total_data,
            warnings,
            ..LoadFigures::default()
        }
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

/// As Ctrl-C does. In a terminal that has reached it already; once more does no harm.
fn interrupt(child: &Child) -> anyhow::Result<()> {
    let pid = child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
    if let Some(pid) = pid {
        kill_process(pid, Signal::INT).context("stopping oha")?;
    }
    Ok(())
}

/// The requests that were answered, a line each: intended start, start and end in seconds, status, bytes.
fn read(text: &str, accepted: &[u16]) -> anyhow::Result<Vec<Told>> {
    let request = |line: &str| -> Option<Told> {
        let mut fields = line.split(' ');
        let mut time = || Duration::try_from_secs_f64(fields.next()?.parse().ok()?).ok();
        let (intended, sent, ended) = (time()?, time()?, time()?);
        let status = fields.next()?.parse().ok()?;
        Some(Told { intended, sent, ended, outcome: judge(status, accepted) })
    };
    let told = |line: &str| request(line).with_context(|| format!("oha told {line:?}"));
    text.lines().map(told).collect()
}

fn judge(status: u16, accepted: &[u16]) -> Result<(), ErrorKind> {
    let good = status < 400 || accepted.contains(&status);
    if good { Ok(()) } else { Err(ErrorKind::Status(status)) }
}

/// What is known of requests without an answer: that they ended, and took no longer than they may.
fn unanswered(
    report: &OhaReport,
    elapsed: Duration,
    timeout: Duration,
) -> impl Iterator<Item = Told> {
    let sent = elapsed.saturating_sub(timeout);
    report.error_distribution.iter().flat_map(move |(message, count)| {
        let outcome = Err(kind_of(message));
        (0..*count).map(move |_| Told { intended: sent, sent, ended: elapsed, outcome })
    })
}

/// The kind of an error that oha tells in its own words.
fn kind_of(message: &str) -> ErrorKind {
    let message = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["timeout", "timed out", "deadline"]) {
        ErrorKind::TIMEOUT
    } else if has(&["refused", "connect error", "dns", "unreachable"]) {
        ErrorKind::CONNECT
    } else if has(&["reset", "closed", "broken pipe", "incomplete", "canceled"]) {
        ErrorKind::CONNECTION_LOST
    } else {
        ErrorKind::OTHER
    }
}

fn warnings(run: &Run, report: &OhaReport, args: &LoadArgs) -> Vec<String> {
    let mut warnings = Vec::new();
    let busiest = run.series.intervals().iter().map(|interval| interval.in_flight.max).max();
    let p99 = run.start_delay().at(measure::Percentile::P99).unwrap_or_default();
    if p99 > LATE && busiest.unwrap_or_default() < args.connections.get() as u64 {
        warnings.push(format!(
            "oha itself was the limit: one of a hundred requests began more than {p99:.1?} late \
             although not all of the {} connections were in use.",
            args.connections
        ));
    }
    if !report.error_distribution.is_empty() {
        let told: Vec<_> =
            report.error_distribution.iter().map(|(error, n)| format!("{error}: {n}")).collect();
        warnings.push(format!(
            "oha does not tell when requests without an answer began or how long they took ({}): \
             they count as if each had taken {:?}, at the end.",
            told.join(", "),
            args.timeout
        ));
    }
    warnings
}

/// What can be told without the single requests.
fn in_short(title: String, left: &Left, accepted: &[u16]) -> Report {
    let summary = left.report.summary;
    let elapsed = Duration::try_from_secs_f64(summary.total).unwrap_or_default();
    let mut report = Report::new(title, &Run::told(left.started_at, elapsed, Vec::new()));
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    for (message, count) in &left.report.error_distribution {
        *errors.entry(kind_of(message).to_string()).or_default() += count;
    }
    let mut succeeded = 0;
    for (status, count) in &left.report.status_code_distribution {
        match judge(*status, accepted) {
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
    use super::*;

    fn report() -> OhaReport {
        OhaReport::from_json(
            br#"{"summary":{"total":2.0,"slowest":0.5,"fastest":0.001,"average":0.01,"totalData":77},
            "latencyPercentiles":{"p10":0.001,"p50":0.002,"p90":0.003,"p99":0.004,"p99.9":0.005,
            "p99.99":0.006},"statusCodeDistribution":{"202":90,"404":3,"503":5},
            "errorDistribution":{"operation timed out":2}}"#,
        )
        .unwrap()
    }

    fn left() -> Left {
        Left { report: report(), requests: None, started_at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_line_is_a_request() {
        let told = read("0.5 0.75 1 202 9\n0 0 0.25 503 0\n", &[]).unwrap();
        let ms = Duration::from_millis;
        assert_eq!(
            told,
            [
                Told { intended: ms(500), sent: ms(750), ended: ms(1000), outcome: Ok(()) },
                Told {
                    intended: ms(0),
                    sent: ms(0),
                    ended: ms(250),
                    outcome: Err(ErrorKind::Status(503))
                },
            ]
        );
        assert!(read("0.5 x 1 202 9", &[]).unwrap_err().to_string().contains("0.5 x 1 202 9"));
    }

    #[test]
    fn what_got_no_answer_counts_with_all_of_its_timeout() {
        let (elapsed, timeout) = (Duration::from_secs(2), Duration::from_millis(1_500));
        let told: Vec<_> = unanswered(&report(), elapsed, timeout).collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].intended + timeout, told[0].ended);
        assert_eq!(told[0].outcome, Err(ErrorKind::TIMEOUT));
    }

    #[test]
    fn errors_in_ohas_words_are_of_our_kinds() {
        for (message, kind) in [
            ("Connection refused (os error 111)", ErrorKind::CONNECT),
            ("connection error: Connection reset by peer", ErrorKind::CONNECTION_LOST),
            ("connection closed before message completed", ErrorKind::CONNECTION_LOST),
            ("aborted due to deadline", ErrorKind::TIMEOUT),
            ("timeout", ErrorKind::TIMEOUT),
            ("something new", ErrorKind::OTHER),
        ] {
            assert_eq!(kind_of(message), kind, "{message}");
        }
    }

    #[test]
    fn a_run_that_was_cut_short_has_a_report_too() {
        let report = in_short("load".to_owned(), &left(), &[404]);
        assert_eq!((report.requests.succeeded, report.requests.failed), (93, 7));
        assert_eq!(report.errors["status 503"], 5);
        assert_eq!(report.errors["timeout"], 2);
        assert!((report.rate_per_second - 46.5).abs() < f64::EPSILON);
        assert!((report.latency_us.unwrap().p99 - 4_000.0).abs() < 1e-9);
        assert!(report.to_text().contains("4.00 ms") && report.to_html().contains("4.00 ms"));
    }
}
