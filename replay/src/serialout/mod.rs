//! From an archive or a stream to an HTTP target, in order.
//!
//! The source is read and requests are made on the runtime's threads (see `dealing`); further threads own
//! the connections and send, each all requests of its keys (see `engine`). What a run was, it tells as a report of the crate
//! `measure`, and request by request in the [outcomes file](crate::outcome).

mod args;
mod dealing;
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
mod request;
mod retry;
mod stretch;
mod summary;
mod waiting;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::try_join_all;
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
use dealing::Dealing;
use done::Done;
use engine::Engine;
use job::Carrier;
use journal::Journal;
use notes::Notes;
use plan::{Ended, Plan, Share, ShareEnded};
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
    // From here on there is a bar that a signal must not leave behind.
    let stop = shutdown::on_signals();
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
    let outcomes = args.outcomes.as_deref().map(|path| args.outcome_log(path)).transpose()?;
    let notes = Notes { done, journal, outcomes, rewriter };
    let (shares, notes) = args.shares(source, notes, &measurement, &stop)?;
    let ended = carry_out(shares, &measurement, &progress).await?;
    let notes = Arc::into_inner(notes).context("a thread still writes notes")?;
    let ended = Ended::of(ended, notes.into_inner().unwrap_or_else(PoisonError::into_inner));
    progress.finish();
    args.report(&measurement.finish(), &ended)
}

/// All shares at once.
async fn carry_out(
    shares: Vec<Share>,
    measurement: &Measurement,
    progress: &Progress,
) -> anyhow::Result<Vec<ShareEnded>> {
    let mut sending = try_join_all(shares.into_iter().map(send));
    let mut show = tokio::time::interval(SHOW_EVERY);
    let mut shown = 0;
    loop {
        tokio::select! {
            ended = &mut sending => return ended,
            _ = show.tick() => {
                let ended = measurement.live().ended;
                progress.advance(ended - shown);
                shown = ended;
                progress.show(measurement);
            }
        }
    }
}

/// On a thread of its own, with a runtime that has no other: sending never waits for a core that
/// does something else, and wakes nobody.
async fn send(share: Share) -> anyhow::Result<ShareEnded> {
    let alone = runtime::Builder::new_current_thread().enable_all().build()?;
    // Unconstrained: the one task there is must not be told to make room for others, half way
    // through the answers that have come.
    let sending = unconstrained(Engine::new(share).run());
    tokio::task::spawn_blocking(move || alone.block_on(sending)).await.context("sending")
}

impl SerialoutArgs {
    /// Opens the source where the state says, or where the flags do.
    async fn begin(&self) -> anyhow::Result<(Box<dyn Source>, Option<Journal>)> {
        let source = self.open().await?;
        let Some(path) = &self.state else { return Ok((source, None)) };
        let journal = Journal::open(path, source.archive_id(), self.from)?;
        let next = journal.done().next();
        if next <= self.from {
            return Ok((source, Some(journal)));
        }
        drop(source);
        Ok((self.open_at(next).await?, Some(journal)))
    }

    fn shares(
        &self,
        source: Box<dyn Source>,
        notes: Notes,
        measurement: &Measurement,
        stop: &CancellationToken,
    ) -> anyhow::Result<(Vec<Share>, Arc<Mutex<Notes>>)> {
        let target = self.target(notes.rewriter.as_ref())?;
        let preparation = self.preparation(target.clone(), &*source);
        let learns = notes.rewriter.as_ref().is_some_and(Rewriter::learns);
        let carrier = Carrier {
            client: Client::new(target, self.timeout)?,
            keep: if self.outcomes.is_some() || learns { Keep::All } else { Keep::Nothing },
        };
        let dealing = Dealing {
            order: self.order,
            pace: self.pace(),
            gap_max: self.gap_max.unwrap_or(Duration::MAX),
            to: self.to,
            done: notes.done.clone(),
            preparation: notes.rewriter.is_none().then(|| preparation.clone()),
        };
        let notes = Arc::new(Mutex::new(notes));
        let plan = Plan {
            order: self.order,
            limits: Limits {
                retries: self.retries,
                give_up: self.give_up,
                statuses: self.retry_status.clone(),
            },
            on_give_up: self.on_give_up,
            preparation,
            carrier: Arc::new(carrier),
            notes: Arc::clone(&notes),
            alarm: Alarm::start().context("starting the alarm")?,
            stop: stop.child_token(),
        };
        let connections = self.connections_by_thread();
        let batches = dealing::start(source, dealing, connections.len());
        let share = |(connections, batches)| Share {
            plan: plan.clone(),
            connections,
            batches,
            recorder: measurement.recorder(),
        };
        Ok((connections.into_iter().zip(batches).map(share).collect(), notes))
    }

    fn report(&self, run: &Run, ended: &Ended) -> anyhow::Result<ExitCode> {
        let report = summary::report(self, run, ended);
        report.publish(self.json, self.html.as_deref())?;
        Ok(summary::exit_code(ended, report.met()))
    }
}
