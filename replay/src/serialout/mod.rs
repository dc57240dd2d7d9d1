//! From an archive or a stream to an HTTP target, in order.
//!
//! The source is read and requests are made on the runtime's threads; one further thread owns the
//! connections and sends (see `engine`). What a run was, it tells as a report of the crate
//! `measure`, and request by request in the [outcomes file](crate::outcome).

mod done;
mod dry_run;
mod engine;
mod flights;
mod job;
mod journal;
mod lanes;
mod log;
mod notes;
mod plan;
mod pump;
mod request;
mod retry;
mod stretch;
mod summary;
mod waiting;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use http1_client::{Client, Keep, TargetUrl};
use measure::{Alarm, Measurement, Pace, Progress, Rate, Run, Slo, Speed};
use service_kit::config::ConfigError;
use service_kit::shutdown;
use tokio::runtime;
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;
use traffic_archive::Sequence;
use uuid::Uuid;

pub use journal::StateError;
pub use lanes::Order;
pub use plan::OnGiveUp;
pub use stretch::Stretch;

use crate::rewrite::Rewriter;
use crate::source::{Source, SourceLocation};
use done::Done;
use job::Carrier;
use journal::Journal;
use log::OutcomeLog;
use plan::{Ended, Plan};
use request::Preparation;
use retry::Limits;

/// What `--help` ends with.
const EXAMPLES: &str = r"Examples:

    replay serialout yesterday --target http://127.0.0.1:8000 --pace 10x
    replay serialout yesterday --target http://127.0.0.1:8000 --max --state run.state \
        --outcomes run.jsonl --html run.html --slo 'p99<50ms,errors<0.1%'";

/// How often the line of progress is told anew.
const SHOW_EVERY: Duration = Duration::from_millis(250);

/// Sends recorded requests to an HTTP target, in order.
///
/// Order. --order key (the default) sends the requests of each ordering key strictly one after the
/// other, and different keys at once over --connections. --order global has one request under way at
/// a time. --order none only begins requests in order. Requests without a key share the empty one.
///
/// Pace. --pace original (the default) keeps the recorded gaps, --pace 10x shortens them, --rate
/// 5000/s sends evenly, --max as fast as order and connections allow. Latency is measured from when
/// a request should have been sent, so a queue before a slow target is in the figures.
///
/// Bad days. A request without an answer, or answered with one of --retry-status, is tried again
/// after growing waits, or as long as Retry-After says; those behind it in its key wait. An answer
/// with the status that was recorded is always taken. After --retries or --give-up the run stops
/// (nothing is skipped), or goes on with --on-give-up continue. Requests that change something get
/// an Idempotency-Key made of archive and sequence number, unless they were recorded with one.
///
/// State. With --state FILE a run that was stopped, or killed, goes on where it was when it is
/// started again with the same flags; it says which requests may be sent twice: those that were
/// under way. Ctrl-C waits for answers under way and reports; a second one ends at once.
///
/// Exit codes: 0 everything was sent, 1 the run failed or gave up on a request, 2 wrong usage,
/// 99 --slo was missed, 130 interrupted.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment, after_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct SerialoutArgs {
    /// What to send: an archive (a folder or `s3://bucket/prefix`), or a stream.
    source: SourceLocation,
    /// Where to: `http://host[:port][/prefix]` or `https://...`. A rewrite file may name it instead.
    #[arg(long, value_name = "URL")]
    target: Option<TargetUrl>,

    /// Which requests wait for which.
    #[arg(long, value_enum, default_value_t, help_heading = "Order and pace")]
    order: Order,
    /// Requests under way at once, at most; 1 with --order global.
    #[arg(long, value_name = "N", default_value = "64", help_heading = "Order and pace")]
    connections: NonZeroUsize,
    /// As recorded (original), or so many times faster (10x).
    #[arg(long, value_name = "PACE", value_parser = recorded_pace, conflicts_with_all = ["rate", "max"], help_heading = "Order and pace")]
    pace: Option<Speed>,
    /// At a fixed rate: 5000/s, 300/min.
    #[arg(long, conflicts_with = "max", help_heading = "Order and pace")]
    rate: Option<Rate>,
    /// As fast as can be.
    #[arg(long, help_heading = "Order and pace")]
    max: bool,
    /// Longer recorded gaps count as this.
    #[arg(long, value_name = "TIME", value_parser = measure::read_time, help_heading = "Order and pace")]
    gap_max: Option<Duration>,
    /// The first entry to send.
    #[arg(long, value_name = "SEQUENCE", default_value = "1", help_heading = "Order and pace")]
    from: Sequence,
    /// The last entry to send, inclusive.
    #[arg(long, value_name = "SEQUENCE", help_heading = "Order and pace")]
    to: Option<Sequence>,
    /// Entries that are not sent, such as 17,20-25.
    #[arg(long, value_name = "SEQUENCES", value_delimiter = ',', help_heading = "Order and pace")]
    skip: Vec<Stretch>,

    /// How long an attempt may take, from connecting to the end of the answer.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = measure::read_time, help_heading = "Bad days")]
    timeout: Duration,
    /// Attempts beyond a request's first.
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Bad days")]
    retries: u32,
    /// No attempt begins later than this after a request's first failure.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = measure::read_time, help_heading = "Bad days")]
    give_up: Duration,
    /// What to do then.
    #[arg(long, value_enum, default_value_t, help_heading = "Bad days")]
    on_give_up: OnGiveUp,
    /// Answers that are tried again.
    #[arg(
        long,
        value_name = "STATUS",
        value_delimiter = ',',
        default_value = "429,502,503,504",
        help_heading = "Bad days"
    )]
    retry_status: Vec<u16>,
    /// Where to keep how far the run got, so that it can go on.
    #[arg(long, value_name = "FILE", help_heading = "Bad days")]
    state: Option<PathBuf>,

    /// A file that says how requests are changed on the way out; see rewrite.example.toml.
    #[arg(long, value_name = "FILE", help_heading = "Requests")]
    rewrite: Option<PathBuf>,
    /// Adds no Idempotency-Key.
    #[arg(long, help_heading = "Requests")]
    no_idempotency_key: bool,
    /// Adds neither Replay-Sequence nor Replay-Key.
    #[arg(long, help_heading = "Requests")]
    no_marks: bool,

    /// Writes a JSON line for every request: its answer, for `verify` to compare.
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    outcomes: Option<PathBuf>,
    /// Sends nothing: reads the source, makes the requests, and tells what a run would send, from
    /// which entry on and for how long. Exit code 1 when a request can't be made.
    #[arg(long, help_heading = "Results")]
    dry_run: bool,
    /// Prints the report as JSON.
    #[arg(long, help_heading = "Results")]
    json: bool,
    /// Writes the report as a page with plots.
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    html: Option<PathBuf>,
    /// Thresholds to keep: 'p99<50ms,errors<0.1%'.
    #[arg(long, value_name = "CONDITIONS", help_heading = "Results")]
    slo: Option<Slo>,
    /// Shows no progress.
    #[arg(long, help_heading = "Results")]
    quiet: bool,
}

fn recorded_pace(text: &str) -> Result<Speed, measure::PaceError> {
    if text == "original" { Ok(Speed::ORIGINAL) } else { text.parse() }
}

/// Sends, reports, and tells by the exit code how it went.
pub async fn run(args: &SerialoutArgs) -> anyhow::Result<ExitCode> {
    if args.dry_run {
        return dry_run::run(args).await;
    }
    let (source, mut journal) = args.begin().await?;
    let mut done =
        journal.as_ref().map_or(Done::before(args.from), |journal| journal.done().clone());
    for sequence in stretch::all(&args.skip, source.last())? {
        done.insert(sequence);
        if let Some(journal) = &mut journal {
            journal.note_done(sequence);
        }
    }
    let progress = args.progress(&*source, done.next());
    if let Some(journal) = &journal {
        summary::tell_in_doubt(&progress, journal);
    }
    let run_id = journal.as_ref().map_or_else(Uuid::now_v7, Journal::run);
    let mut rewriter = args.rewriter(&*source, run_id)?;
    if let (Some(rewriter), Some(state)) = (&mut rewriter, &args.state) {
        rewriter.keep_in(&journal::beside(state, ".ids"))?;
    }
    let measurement = Measurement::begin().context("starting to measure")?;
    let stop = shutdown::on_signals();
    let plan = args.plan(source, done, journal, rewriter, &measurement, stop)?;
    let ended = carry_out(plan, &measurement, &progress).await?;
    progress.finish();
    args.report(&measurement.finish(), &ended)
}

/// On a thread of its own, with a runtime that has no other: sending never waits for a core that
/// does something else, and wakes nobody.
async fn carry_out(
    plan: Plan,
    measurement: &Measurement,
    progress: &Progress,
) -> anyhow::Result<Ended> {
    let alone = runtime::Builder::new_current_thread().enable_all().build()?;
    // Unconstrained: the one task there is must not be told to make room for others, half way
    // through the answers that have come.
    let plan = unconstrained(plan.carry_out());
    let mut sending = tokio::task::spawn_blocking(move || alone.block_on(plan));
    let mut show = tokio::time::interval(SHOW_EVERY);
    let mut shown = 0;
    loop {
        tokio::select! {
            ended = &mut sending => return ended.context("sending"),
            _ = show.tick() => {
                let ended = measurement.live().ended;
                progress.advance(ended - shown);
                shown = ended;
                progress.show(measurement);
            }
        }
    }
}

impl SerialoutArgs {
    fn pace(&self) -> Pace {
        match (self.max, self.rate) {
            (true, _) => Pace::Unlimited,
            (false, Some(rate)) => Pace::Steady(rate),
            (false, None) => Pace::Recorded(self.pace.unwrap_or(Speed::ORIGINAL)),
        }
    }

    /// Opens the source where the state says, or where the flags do.
    async fn begin(&self) -> anyhow::Result<(Box<dyn Source>, Option<Journal>)> {
        let source = self.source.open(self.from).await?;
        let Some(path) = &self.state else { return Ok((source, None)) };
        let journal = Journal::open(path, source.archive_id(), self.from)?;
        let next = journal.done().next();
        if next <= self.from {
            return Ok((source, Some(journal)));
        }
        drop(source);
        Ok((self.source.open(next).await?, Some(journal)))
    }

    fn progress(&self, source: &dyn Source, next: Sequence) -> Progress {
        if self.quiet {
            return Progress::hidden();
        }
        let last = self.to.into_iter().chain(source.last()).min();
        let total = last.map(|last| (last.get() + 1).saturating_sub(self.from.get()));
        let progress = Progress::new("serialout", total);
        progress.resume_at(next.get().saturating_sub(self.from.get()));
        progress
    }

    fn rewriter(&self, source: &dyn Source, run: Uuid) -> anyhow::Result<Option<Rewriter>> {
        let Some(path) = &self.rewrite else { return Ok(None) };
        let rewriter = Rewriter::read(path, source.archive_id(), run)?;
        if rewriter.learns() && self.order == Order::None {
            let reason = format!(
                "{} learns ids from answers, which needs --order key or global",
                path.display()
            );
            return Err(ConfigError::invalid("order", reason).into());
        }
        Ok(Some(rewriter))
    }

    fn target(&self, rewriter: Option<&Rewriter>) -> anyhow::Result<TargetUrl> {
        let named = rewriter.and_then(Rewriter::target);
        let target = self.target.as_ref().or(named);
        let missing =
            || ConfigError::invalid("target", "give --target URL, or name it in the rewrite file");
        Ok(target.cloned().ok_or_else(missing)?)
    }

    fn outcome_log(&self, path: &Path) -> anyhow::Result<(PathBuf, OutcomeLog)> {
        let log =
            if self.state.is_some() { OutcomeLog::resume(path) } else { OutcomeLog::create(path) };
        Ok((path.to_owned(), log.with_context(|| path.display().to_string())?))
    }

    fn preparation(&self, target: TargetUrl, source: &dyn Source) -> Preparation {
        Preparation {
            target,
            archive: source.archive_id(),
            idempotency_keys: !self.no_idempotency_key,
            marks: !self.no_marks,
        }
    }

    fn plan(
        &self,
        source: Box<dyn Source>,
        done: Done,
        journal: Option<Journal>,
        rewriter: Option<Rewriter>,
        measurement: &Measurement,
        stop: CancellationToken,
    ) -> anyhow::Result<Plan> {
        let target = self.target(rewriter.as_ref())?;
        let preparation = self.preparation(target.clone(), &*source);
        let looked_at = self.outcomes.is_some() || rewriter.as_ref().is_some_and(Rewriter::learns);
        let carrier = Carrier {
            client: Client::new(target, self.timeout)?,
            keep: if looked_at { Keep::All } else { Keep::Nothing },
        };
        let ahead = rewriter.is_none().then(|| preparation.clone());
        Ok(Plan {
            order: self.order,
            connections: if self.order == Order::Global { 1 } else { self.connections.get() },
            pace: self.pace(),
            gap_max: self.gap_max.unwrap_or(Duration::MAX),
            limits: Limits {
                retries: self.retries,
                give_up: self.give_up,
                statuses: self.retry_status.clone(),
            },
            on_give_up: self.on_give_up,
            preparation,
            carrier: Arc::new(carrier),
            rewriter,
            batches: pump::start(source, self.to, ahead),
            done,
            journal,
            outcomes: self.outcomes.as_deref().map(|path| self.outcome_log(path)).transpose()?,
            recorder: measurement.recorder(),
            alarm: Alarm::start().context("starting the alarm")?,
            stop,
        })
    }

    fn report(&self, run: &Run, ended: &Ended) -> anyhow::Result<ExitCode> {
        let report = summary::report(self, run, ended);
        report.publish(self.json, self.html.as_deref())?;
        Ok(summary::exit_code(ended, report.met()))
    }
}
