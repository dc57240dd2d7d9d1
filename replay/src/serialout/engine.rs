//! The loop that sends: one task on one thread, which owns everything and locks nothing.
//!
//! Each turn takes what has happened (answers, new entries, due times), decides what is sent next,
//! writes that down, and sends it. So notes and files cost one write a turn, however many requests
//! a turn moves.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use measure::{Alarm, ErrorKind, Pace, Recorder, Schedule, Start, Until};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::connection::{Answer, Connection, Failure};
use super::done::Done;
use super::job::{Carrier, Job, Landing};
use super::journal::{Journal, StateError};
use super::lanes::{Lanes, Order};
use super::log::OutcomeLog;
use super::request::{Preparation, Prepared};
use super::retry::{Limits, Verdict};
use crate::archive::{Body, Response, Sequence};
use crate::outcome::Outcome;
use crate::rewrite::Rewriter;
use crate::source::SourceError;

/// Entries that are held at once, give or take a batch: due and not due, waiting and under way.
/// A key whose head is tried again and again holds up its own followers only, until they fill this.
pub(super) const HELD_ENTRIES_MAX: usize = 8192;

/// Bytes of their bodies, give or take a batch.
const HELD_BYTES_MAX: usize = 64 << 20;

/// Requests that failed for good and are named; all are counted.
const GIVEN_UP_NAMED_MAX: usize = 100;

/// What to do with a request that was tried often or long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OnGiveUp {
    /// The run ends, and nothing is skipped: it can go on from that request.
    #[default]
    Stop,
    /// It counts as failed, and those behind it are sent.
    Continue,
}

/// What comes from the source.
pub(super) type Batch = Result<Vec<Box<Job>>, SourceError>;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    /// A signal.
    #[error("interrupted")]
    Interrupted,
    /// The source has failed.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// The state file can't be written.
    #[error("{0}")]
    State(#[from] StateError),
    /// The outcomes file can't be written.
    #[error("{path}: {source}")]
    Outcomes {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// What was learned from answers can't be kept.
    #[error("{0}")]
    Ids(io::Error),
    /// A request was given up.
    #[error("gave up on entry {sequence}: {failure}")]
    GaveUp {
        /// The request.
        sequence: Sequence,
        /// What happened last.
        failure: Failure,
    },
}

/// What came of a run.
pub(super) struct Ended {
    /// `None` when everything was sent.
    pub(super) halt: Option<Halt>,
    /// The lowest entry that is not done.
    pub(super) next: Sequence,
    /// Entries that were sent and have no answer: they may have taken effect.
    pub(super) in_doubt: Vec<Sequence>,
    /// Entries that were given up and skipped.
    pub(super) given_up: u64,
    /// The first of them, and why.
    pub(super) given_up_named: Vec<(Sequence, Failure)>,
    /// With what it learned.
    pub(super) rewriter: Option<Rewriter>,
}

/// Everything a run needs.
pub(super) struct Plan {
    pub(super) order: Order,
    pub(super) connections: usize,
    pub(super) pace: Pace,
    /// Longer recorded gaps count as this.
    pub(super) gap_max: Duration,
    pub(super) limits: Limits,
    pub(super) on_give_up: OnGiveUp,
    pub(super) preparation: Preparation,
    pub(super) carrier: Arc<Carrier>,
    pub(super) rewriter: Option<Rewriter>,
    pub(super) batches: mpsc::Receiver<Batch>,
    pub(super) done: Done,
    pub(super) journal: Option<Journal>,
    pub(super) outcomes: Option<(PathBuf, OutcomeLog)>,
    pub(super) recorder: Recorder,
    pub(super) alarm: Alarm,
    pub(super) stop: CancellationToken,
}

type Flight = Pin<Box<dyn Future<Output = Landing> + Send>>;

struct Engine {
    plan: Plan,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Nothing more comes from the source.
    exhausted: bool,
    /// Why, if it was not the end. What came before is sent all the same.
    source_failure: Option<SourceError>,
    /// Begins with the first entry: opening the source is no delay.
    schedule: Option<Schedule>,
    /// In order of their start.
    not_due: VecDeque<Box<Job>>,
    lanes: Lanes<Box<Job>>,
    /// To be tried again.
    resting: BTreeMap<(Instant, Sequence), Box<Job>>,
    flights: FuturesUnordered<Flight>,
    idle: Vec<Connection>,
    held_entries: usize,
    held_bytes: usize,
    next_due: Option<(Instant, Until)>,
    halt: Option<Halt>,
    in_doubt: Vec<Sequence>,
    given_up: u64,
    given_up_named: Vec<(Sequence, Failure)>,
}

/// What a turn begins with.
#[derive(Default)]
struct News {
    landings: Vec<Landing>,
    batch: Option<Batch>,
    ended: bool,
    stopped: bool,
}

impl Plan {
    /// Sends until the source ends, a signal comes or something fails; then waits for the answers
    /// that are still to come.
    pub(super) async fn carry_out(self) -> Ended {
        let mut engine = Engine {
            stop: Box::pin(self.stop.clone().cancelled_owned()),
            lanes: Lanes::new(self.order),
            plan: self,
            exhausted: false,
            source_failure: None,
            schedule: None,
            not_due: VecDeque::new(),
            resting: BTreeMap::new(),
            flights: FuturesUnordered::new(),
            idle: Vec::new(),
            held_entries: 0,
            held_bytes: 0,
            next_due: None,
            halt: None,
            in_doubt: Vec::new(),
            given_up: 0,
            given_up_named: Vec::new(),
        };
        engine.run().await;
        engine.end()
    }
}

impl Engine {
    async fn run(&mut self) {
        while !self.is_over() {
            let news = poll_fn(|cx| self.poll_news(cx)).await;
            self.take(news);
            if self.halt.is_none() {
                self.admit_due(Instant::now());
                let departures = self.choose();
                if self.note_down() {
                    self.depart(departures);
                }
            } else {
                self.note_down();
            }
        }
        if let Some(error) = self.source_failure.take() {
            self.halt.get_or_insert(error.into());
        }
        if let Some(journal) = &mut self.plan.journal
            && let Err(error) = journal.checkpoint()
        {
            self.halt.get_or_insert(Halt::State(error));
        }
    }

    fn is_over(&self) -> bool {
        let drained = self.exhausted && self.held_entries == 0;
        self.flights.is_empty() && (drained || self.halt.is_some())
    }

    /// Waits until something has happened.
    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        let mut news = News::default();
        while let Poll::Ready(Some(landing)) = self.flights.poll_next_unpin(cx) {
            news.landings.push(landing);
        }
        let mut happened = !news.landings.is_empty();
        if self.halt.is_some() {
            return if happened { Poll::Ready(news) } else { Poll::Pending };
        }
        if self.has_room()
            && !self.exhausted
            && let Poll::Ready(batch) = self.plan.batches.poll_recv(cx)
        {
            news.ended = batch.is_none();
            news.batch = batch;
            happened = true;
        }
        if self.stop.as_mut().poll(cx).is_ready() {
            news.stopped = true;
            happened = true;
        }
        happened |= self.poll_due(cx).is_ready();
        if happened { Poll::Ready(news) } else { Poll::Pending }
    }

    fn has_room(&self) -> bool {
        self.held_entries < HELD_ENTRIES_MAX && self.held_bytes < HELD_BYTES_MAX
    }

    /// Ready when an entry is due, or is to be tried again.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let start = self.not_due.front().and_then(|job| match job.start {
            Start::At(due) => Some(due),
            Start::Whenever => None,
        });
        let again = self.resting.first_key_value().map(|((again, _), _)| *again);
        let Some(due) = [start, again].into_iter().flatten().min() else {
            self.next_due = None;
            return Poll::Pending;
        };
        if self.next_due.as_ref().is_none_or(|(next, _)| *next != due) {
            self.next_due = Some((due, self.plan.alarm.until(due)));
        }
        let (_, until) = self.next_due.as_mut().expect("it was just set");
        let rung = Pin::new(until).poll(cx);
        if rung.is_ready() {
            self.next_due = None;
        }
        rung
    }

    fn take(&mut self, news: News) {
        if news.stopped {
            self.halt.get_or_insert(Halt::Interrupted);
        }
        let now = Instant::now();
        for landing in news.landings {
            self.land(landing, now);
        }
        self.exhausted |= news.ended;
        match news.batch {
            Some(Ok(jobs)) => jobs.into_iter().for_each(|job| self.hold(job)),
            Some(Err(error)) => self.source_failure = Some(error),
            None => {}
        }
    }

    fn hold(&mut self, mut job: Box<Job>) {
        if self.plan.done.contains(job.sequence) {
            return;
        }
        let Plan { pace, gap_max, .. } = self.plan;
        let begin = || Schedule::new(pace, Instant::now()).with_gap_max(gap_max);
        job.start = self.schedule.get_or_insert_with(begin).next(job.recorded_at());
        self.held_entries += 1;
        self.held_bytes += job.bytes();
        self.not_due.push_back(job);
    }

    fn admit_due(&mut self, now: Instant) {
        while let Some(job) = self.not_due.pop_front_if(|job| is_due(job.start, now)) {
            self.lanes.admit(job);
        }
        while let Some(first) = self.resting.first_entry().filter(|first| first.key().0 <= now) {
            let job = first.remove();
            self.lanes.again(job);
        }
    }

    /// As many as there are connections for.
    fn choose(&mut self) -> Vec<(Box<Job>, Prepared)> {
        let mut departures = Vec::new();
        while self.halt.is_none() && self.flights.len() + departures.len() < self.plan.connections {
            let Some(mut job) = self.lanes.take() else { break };
            let sent_at = Instant::now();
            match &job.measured {
                Some(measured) => measured.retried(),
                None => job.measured = Some(self.plan.recorder.start_at(job.start, sent_at)),
            }
            match self.prepare(&mut job) {
                Ok(request) => {
                    job.attempts.count += 1;
                    if let Some(journal) = &mut self.plan.journal {
                        journal.note_sent(job.sequence);
                    }
                    departures.push((job, request));
                }
                Err(failure) => self.give_up(job, failure),
            }
        }
        departures
    }

    fn prepare(&mut self, job: &mut Job) -> Result<Prepared, Failure> {
        if let Some(rewriter) = &mut self.plan.rewriter {
            let rewritten = rewriter.rewrite(job.sequence, &job.exchange);
            let rewritten = rewritten.map_err(Failure::unsendable)?;
            let prepared = self.plan.preparation.prepare(job.sequence, &rewritten);
            return prepared.map_err(Failure::unsendable);
        }
        if let Some(prepared) = job.prepared.take() {
            return Ok(prepared);
        }
        let prepared = self.plan.preparation.prepare(job.sequence, &job.exchange);
        prepared.map_err(Failure::unsendable)
    }

    fn depart(&mut self, departures: Vec<(Box<Job>, Prepared)>) {
        for (job, request) in departures {
            let (carrier, connection) = (Arc::clone(&self.plan.carrier), self.idle.pop());
            let flight = async move { carrier.carry(job, request, connection).await };
            self.flights.push(Box::pin(flight));
        }
    }

    fn land(&mut self, landing: Landing, now: Instant) {
        let Landing { mut job, result, connection } = landing;
        self.idle.extend(connection);
        let recorded = job.recorded;
        match self.plan.limits.judge(&mut job.attempts, result.as_ref(), recorded, now) {
            Verdict::Ended(outcome) => {
                let answer = result.ok();
                self.finish(job, answer, outcome, None, now);
            }
            Verdict::Again(_) if self.halt.is_some() => self.abandon(&job),
            Verdict::Again(again) => drop(self.resting.insert((again, job.sequence), job)),
            Verdict::GivenUp(failure) => self.give_up_after(job, failure, result.ok()),
        }
    }

    fn give_up(&mut self, job: Box<Job>, failure: Failure) {
        self.give_up_after(job, failure, None);
    }

    fn give_up_after(&mut self, mut job: Box<Job>, failure: Failure, answer: Option<Answer>) {
        if self.plan.on_give_up == OnGiveUp::Stop {
            if let Some(measured) = job.measured.take() {
                measured.failed(failure.kind);
            }
            self.abandon(&job);
            self.halt.get_or_insert(Halt::GaveUp { sequence: job.sequence, failure });
            return;
        }
        self.given_up += 1;
        if self.given_up_named.len() < GIVEN_UP_NAMED_MAX {
            self.given_up_named.push((job.sequence, failure.clone()));
        }
        let kind = failure.kind;
        self.finish(job, answer, Err(kind), Some(failure), Instant::now());
    }

    /// It was sent, and will not be sent again by this run: nobody knows what it did.
    fn abandon(&mut self, job: &Job) {
        if job.attempts.count > 0 {
            self.in_doubt.push(job.sequence);
        }
        self.let_go(job);
    }

    fn finish(
        &mut self,
        mut job: Box<Job>,
        answer: Option<Answer>,
        outcome: Result<(), ErrorKind>,
        failure: Option<Failure>,
        now: Instant,
    ) {
        let measured = job.measured.take().expect("what is finished was begun");
        let elapsed = now.saturating_duration_since(measured.sent());
        measured.ended_at(now, outcome);
        self.let_go(&job);
        self.lanes.ended(&job.exchange.key);
        self.plan.done.insert(job.sequence);
        if self.plan.carrier.keep {
            let body_cut = answer.as_ref().is_some_and(|answer| answer.body_cut);
            let elapsed_us = u64::try_from(elapsed.as_micros()).ok();
            let response = answer.map(|answer| response(answer, elapsed_us));
            if let (Some(rewriter), Some(response)) = (&mut self.plan.rewriter, &response) {
                rewriter.learn(&job.exchange, response);
            }
            if let Some((_, log)) = &mut self.plan.outcomes {
                let error = failure.map(|failure| failure.to_string());
                let error = error.or_else(|| outcome.err().map(|kind| kind.to_string()));
                log.note(&Outcome {
                    sequence: job.sequence,
                    key: std::mem::take(&mut job.exchange.key),
                    attempts: job.attempts.count,
                    response,
                    body_cut,
                    error,
                });
            }
        }
        if let Some(journal) = &mut self.plan.journal {
            journal.note_done(job.sequence);
        }
    }

    fn let_go(&mut self, job: &Job) {
        self.held_entries -= 1;
        self.held_bytes -= job.bytes();
    }

    /// Everything is in the hands of the system before anything is sent that depends on it. `false`
    /// when that failed.
    fn note_down(&mut self) -> bool {
        let noted = self.try_note_down();
        match noted {
            Ok(()) => true,
            Err(halt) => {
                self.halt.get_or_insert(halt);
                false
            }
        }
    }

    fn try_note_down(&mut self) -> Result<(), Halt> {
        if let Some(rewriter) = &mut self.plan.rewriter {
            rewriter.commit().map_err(Halt::Ids)?;
        }
        if let Some((path, log)) = &mut self.plan.outcomes {
            log.commit().map_err(|source| Halt::Outcomes { path: path.clone(), source })?;
        }
        if let Some(journal) = &mut self.plan.journal {
            journal.commit()?;
        }
        Ok(())
    }

    fn end(mut self) -> Ended {
        let resting = self.resting.values().map(|job| job.sequence);
        self.in_doubt.extend(resting);
        let mut next = self.plan.done.next();
        if let Some(journal) = &self.plan.journal {
            // It also knows what an earlier run left, and what of this one could not be written.
            self.in_doubt = journal.in_doubt().collect();
            next = journal.done().next();
        }
        self.in_doubt.sort_unstable();
        Ended {
            halt: self.halt,
            next,
            in_doubt: self.in_doubt,
            given_up: self.given_up,
            given_up_named: self.given_up_named,
            rewriter: self.plan.rewriter,
        }
    }
}

fn is_due(start: Start, now: Instant) -> bool {
    match start {
        Start::At(due) => due <= now,
        Start::Whenever => true,
    }
}

fn response(answer: Answer, elapsed_us: Option<u64>) -> Response {
    let headers = answer.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Response {
        status: answer.status,
        headers: headers.collect(),
        body: Body::from(answer.body),
        elapsed_us,
    }
}
