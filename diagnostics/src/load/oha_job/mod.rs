//! A load that oha can do: bodies that stay the same, at one rate.
//!
//! oha tells of every answer when its request should have begun, began and ended, so the report is the
//! same as after a load of our own. Of requests without an answer it tells only how many there were of
//! each kind: they count as if each had taken all of its time-out, at the end of the run.
//!
//! - `told`: what it tells of each request;
//! - `in_short`: what can be reported without that.

mod in_short;
mod told;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use measure::{LevelUnit, LoadFigures, Run, Told};
use rustix::process::{Pid, Signal, kill_process};
use service_kit::exit::Usage;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::args::{Engine, LoadArgs};
use super::open::LATE;
use super::results::Results;
use super::source;
use super::stages::Stages;
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
            let report = results.describe(in_short::report(results.title(), &left, &args.accept));
            return results.publish(&report.loaded(figures(Vec::new())));
        };
        let elapsed = Duration::try_from_secs_f64(left.report.summary.total)?;
        let mut all = requests.clone();
        all.extend(told::unanswered(&left.report, elapsed, args.timeout));
        let run = Run::told(left.started_at, elapsed, all);
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
        let requests = requests.map(|text| told::read(&text, &args.accept)).transpose()?;
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
