//! From an archive or a stream to an HTTP target, in order.
//!
//! The source is read and requests are made on the runtime's threads; one further thread owns the
//! connections and sends (see `engine`). What a run was, it tells as a report of the crate
//! `measure`, and request by request in the [outcomes file](crate::outcome).

mod args;
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

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http1_client::{Client, Keep};
use measure::{Alarm, Measurement, Progress, Run};
use service_kit::shutdown;
use tokio::runtime;
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use args::SerialoutArgs;
pub use journal::StateError;
pub use lanes::Order;
pub use plan::OnGiveUp;
pub use stretch::Stretch;

use crate::rewrite::Rewriter;
use crate::source::Source;
use done::Done;
use job::Carrier;
use journal::Journal;
use plan::{Ended, Plan};
use retry::Limits;

/// How often the line of progress is told anew.
const SHOW_EVERY: Duration = Duration::from_millis(250);

/// Sends, reports, and tells by the exit code how it went.
pub async fn run(args: &SerialoutArgs) -> anyhow::Result<ExitCode> {
    args.check()?;
    if args.dry_run {
        return dry_run::run(args).await;
    }
    args.check_html()?;
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
