//! The flags, and what each of them means alone.

use std::fs::OpenOptions;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use http1_client::TargetUrl;
use measure::{Pace, Progress, Rate, Slo, Speed};
use service_kit::config::ConfigError;
use traffic_archive::Sequence;
use uuid::Uuid;

use super::lanes::Order;
use super::log::OutcomeLog;
use super::plan::OnGiveUp;
use super::request::Preparation;
use super::stretch::Stretch;
use crate::rewrite::Rewriter;
use crate::source::{Source, SourceError, SourceLocation};
use crate::stream::ServerArgs;

/// What `--help` ends with.
const EXAMPLES: &str = r"Examples:

    replay serialout yesterday --target http://127.0.0.1:8000 --pace 10x
    replay serialout yesterday --target http://127.0.0.1:8000 --max --state run.state \
        --outcomes run.jsonl --html run.html --slo 'p99<50ms,errors<0.1%'";

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
/// an Idempotency-Key made of archive and sequence number, unless they were recorded with one. A
/// stream's log or Redis that goes away is waited for (--patience); then the run stops.
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
    /// What to send: an archive (a folder or `s3://bucket/prefix`), or a stream: `kafka://host:port#topic`,
    /// `sqlite:<directory>#topic` or `redis://host:port#key`.
    pub(super) source: SourceLocation,
    /// Where to: `http://host[:port][/prefix]` or `https://...`. A rewrite file may name it instead.
    #[arg(long, value_name = "URL")]
    pub(super) target: Option<TargetUrl>,

    /// Which requests wait for which.
    #[arg(long, value_enum, default_value_t, help_heading = "Order and pace")]
    pub(super) order: Order,
    /// Requests under way at once, at most; 1 with --order global.
    #[arg(long, value_name = "N", default_value = "64", help_heading = "Order and pace")]
    pub(super) connections: NonZeroUsize,
    /// Threads that send, each with its share of the keys and of the connections. As many as there are
    /// cores, with at least 16 connections each, unless told; 1 with --order global.
    #[arg(long, value_name = "N", help_heading = "Order and pace")]
    pub(super) threads: Option<NonZeroUsize>,
    /// As recorded (original), or so many times faster (10x).
    #[arg(long, value_name = "PACE", value_parser = recorded_pace, conflicts_with_all = ["rate", "max"], help_heading = "Order and pace")]
    pub(super) pace: Option<Speed>,
    /// At a fixed rate: 5000/s, 300/min.
    #[arg(long, conflicts_with = "max", help_heading = "Order and pace")]
    pub(super) rate: Option<Rate>,
    /// As fast as can be.
    #[arg(long, help_heading = "Order and pace")]
    pub(super) max: bool,
    /// Longer recorded gaps count as this.
    #[arg(long, value_name = "TIME", value_parser = measure::read_time, help_heading = "Order and pace")]
    pub(super) gap_max: Option<Duration>,
    /// The first entry to send.
    #[arg(long, value_name = "SEQUENCE", default_value = "1", help_heading = "Order and pace")]
    pub(super) from: Sequence,
    /// The last entry to send, inclusive.
    #[arg(long, value_name = "SEQUENCE", help_heading = "Order and pace")]
    pub(super) to: Option<Sequence>,
    /// Entries that are not sent, such as 17,20-25.
    #[arg(long, value_name = "SEQUENCES", value_delimiter = ',', help_heading = "Order and pace")]
    pub(super) skip: Vec<Stretch>,

    /// How long an attempt may take, from connecting to the end of the answer.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = measure::read_time, help_heading = "Bad days")]
    pub(super) timeout: Duration,
    /// Attempts beyond a request's first.
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Bad days")]
    pub(super) retries: u32,
    /// No attempt begins later than this after a request's first failure.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = measure::read_time, help_heading = "Bad days")]
    pub(super) give_up: Duration,
    /// What to do then.
    #[arg(long, value_enum, default_value_t, help_heading = "Bad days")]
    pub(super) on_give_up: OnGiveUp,
    /// Answers that are tried again.
    #[arg(
        long,
        value_name = "STATUS",
        value_delimiter = ',',
        default_value = "429,502,503,504",
        help_heading = "Bad days"
    )]
    pub(super) retry_status: Vec<u16>,
    /// Where to keep how far the run got, so that it can go on.
    #[arg(long, value_name = "FILE", help_heading = "Bad days")]
    pub(super) state: Option<PathBuf>,

    /// A file that says how requests are changed on the way out; see rewrite.example.toml.
    #[arg(long, value_name = "FILE", help_heading = "Requests")]
    pub(super) rewrite: Option<PathBuf>,
    /// Adds no Idempotency-Key.
    #[arg(long, help_heading = "Requests")]
    pub(super) no_idempotency_key: bool,
    /// Adds neither Replay-Sequence nor Replay-Key.
    #[arg(long, help_heading = "Requests")]
    pub(super) no_marks: bool,

    /// Writes a JSON line for every request: its answer, for `verify` to compare.
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) outcomes: Option<PathBuf>,
    /// Sends nothing: reads the source, makes the requests, and tells what a run would send, from
    /// which entry on and for how long. Exit code 1 when a request can't be made.
    #[arg(long, help_heading = "Results")]
    pub(super) dry_run: bool,
    /// Prints the report as JSON.
    #[arg(long, help_heading = "Results")]
    pub(super) json: bool,
    /// Writes the report as a page with plots.
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) html: Option<PathBuf>,
    /// Thresholds to keep: 'p99<50ms,errors<0.1%'.
    #[arg(long, value_name = "CONDITIONS", help_heading = "Results")]
    pub(super) slo: Option<Slo>,
    /// Shows no progress.
    #[arg(long, help_heading = "Results")]
    pub(super) quiet: bool,

    // The last, since its heading stays.
    #[command(flatten, next_help_heading = "Source")]
    pub(super) server: ServerArgs,
}

/// Without being told, a thread has at least so many connections: with few, keys that share a thread
/// would wait for one another while another thread is idle.
const CONNECTIONS_A_THREAD_MIN: usize = 16;

fn recorded_pace(text: &str) -> Result<Speed, measure::PaceError> {
    if text == "original" { Ok(Speed::ORIGINAL) } else { text.parse() }
}

impl SerialoutArgs {
    /// What no flag can tell alone.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self.to {
            Some(to) if to < self.from => {
                let reason = format!("no entry is from {} on and up to {to}", self.from);
                Err(ConfigError::invalid("to", reason))
            }
            _ => Ok(()),
        }
    }

    /// Opens the source where `--from` says. A run may begin right behind the last entry, where an
    /// earlier one has ended; further on nothing could ever have been sent.
    pub(super) async fn open(&self) -> anyhow::Result<Box<dyn Source>> {
        let source = self.open_at(self.from).await?;
        match source.last() {
            Some(last) if self.from > last.next() => {
                let reason = format!("the last entry of {} is {last}", self.source);
                Err(ConfigError::invalid("from", reason).into())
            }
            _ => Ok(source),
        }
    }

    pub(super) async fn open_at(&self, from: Sequence) -> Result<Box<dyn Source>, SourceError> {
        self.source.reached_as(&self.server).open(from).await
    }

    /// Fails where the page can't be written: better before the run than after it.
    pub(super) fn check_html(&self) -> anyhow::Result<()> {
        let Some(path) = &self.html else { return Ok(()) };
        let opened = OpenOptions::new().create(true).append(true).open(path);
        opened.map(drop).with_context(|| path.display().to_string())
    }

    /// How many connections each thread has.
    pub(super) fn connections_by_thread(&self) -> Vec<usize> {
        if self.order == Order::Global {
            return vec![1];
        }
        let connections = self.connections.get();
        let threads = self.threads.map_or_else(
            || {
                let cores = available_parallelism().map_or(1, NonZeroUsize::get);
                cores.min(connections / CONNECTIONS_A_THREAD_MIN).max(1)
            },
            |threads| threads.get().min(connections),
        );
        let (each, rest) = (connections / threads, connections % threads);
        (0..threads).map(|thread| each + usize::from(thread < rest)).collect()
    }

    pub(super) fn pace(&self) -> Pace {
        match (self.max, self.rate) {
            (true, _) => Pace::Unlimited,
            (false, Some(rate)) => Pace::Steady(rate),
            (false, None) => Pace::Recorded(self.pace.unwrap_or(Speed::ORIGINAL)),
        }
    }

    pub(super) fn progress(&self, source: &dyn Source, next: Sequence) -> Progress {
        if self.quiet {
            return Progress::hidden();
        }
        let last = self.to.into_iter().chain(source.last()).min();
        let total = last.map(|last| (last.get() + 1).saturating_sub(self.from.get()));
        let progress = Progress::new("serialout", total);
        progress.resume_at(next.get().saturating_sub(self.from.get()));
        progress
    }

    pub(super) fn rewriter(
        &self,
        source: &dyn Source,
        run: Uuid,
    ) -> anyhow::Result<Option<Rewriter>> {
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

    pub(super) fn target(&self, rewriter: Option<&Rewriter>) -> anyhow::Result<TargetUrl> {
        let named = rewriter.and_then(Rewriter::target);
        let target = self.target.as_ref().or(named);
        let missing =
            || ConfigError::invalid("target", "give --target URL, or name it in the rewrite file");
        Ok(target.cloned().ok_or_else(missing)?)
    }

    pub(super) fn outcome_log(&self, path: &Path) -> anyhow::Result<(PathBuf, OutcomeLog)> {
        let log =
            if self.state.is_some() { OutcomeLog::resume(path) } else { OutcomeLog::create(path) };
        Ok((path.to_owned(), log.with_context(|| path.display().to_string())?))
    }

    pub(super) fn preparation(&self, target: TargetUrl, source: &dyn Source) -> Preparation {
        Preparation {
            target,
            archive: source.archive_id(),
            idempotency_keys: !self.no_idempotency_key,
            marks: !self.no_marks,
        }
    }
}
