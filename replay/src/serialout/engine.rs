//! The loop that sends: one task on one thread, which owns all of its share but the notes.
//!
//! Each turn takes what has happened (answers, new entries, due times), decides what is sent next,
//! writes that down, and sends it. So notes and files cost one lock and one write a turn, however many
//! requests a turn moves.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use http1_client::{Answer, Failure};
use measure::Recorder;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use traffic_archive::Sequence;

use super::flights::Flights;
use super::job::{Job, Landing};
use super::lanes::Lanes;
use super::notes::{Ending, Notes, locked};
use super::plan::{Batch, GivenUp, Halt, OnGiveUp, Share, ShareEnded};
use super::request::Preparation;
use super::retry::{Limits, Verdict};
use super::waiting::Waiting;
use crate::source::SourceError;

/// Entries that are held at once, give or take a batch: due and not due, waiting and under way.
/// A key whose head is tried again and again holds up its own followers only, until they fill this.
pub(super) const HELD_ENTRIES_MAX: usize = 8192;

/// More than these are held only for want of one that may be sent: what is read long before it is
/// sent has left the processor's caches by then.
const AHEAD_ENTRIES: usize = 1024;

/// How often a thread with one connection looks for news before it sleeps.
const LOOKS_BEFORE_SLEEP: u32 = 50;

/// Bytes of their bodies, give or take a batch.
const HELD_BYTES_MAX: usize = 64 << 20;

pub(super) struct Engine {
    batches: mpsc::Receiver<Batch>,
    stop: CancellationToken,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    preparation: Preparation,
    recorder: Recorder,
    limits: Limits,
    on_give_up: OnGiveUp,
    /// Nothing more comes from the source.
    exhausted: bool,
    /// Why, if it was not the end. What came before is sent all the same.
    source_failure: Option<SourceError>,
    waiting: Waiting,
    lanes: Lanes<Box<Job>>,
    flights: Flights,
    notes: Arc<Mutex<Notes>>,
    held_entries: usize,
    held_bytes: usize,
    halt: Option<Halt>,
    in_doubt: Vec<Sequence>,
    given_up: GivenUp,
}

/// What a turn begins with.
#[derive(Default)]
struct News {
    landings: Vec<Landing>,
    batch: Option<Batch>,
    ended: bool,
    stopped: bool,
}

impl Engine {
    pub(super) fn new(share: Share) -> Self {
        let Share { plan, connections, batches, recorder } = share;
        Self {
            batches,
            stopped: Box::pin(plan.stop.clone().cancelled_owned()),
            stop: plan.stop,
            preparation: plan.preparation,
            recorder,
            limits: plan.limits,
            on_give_up: plan.on_give_up,
            exhausted: false,
            source_failure: None,
            waiting: Waiting::new(plan.alarm),
            lanes: Lanes::new(plan.order),
            flights: Flights::new(plan.carrier, connections),
            notes: plan.notes,
            held_entries: 0,
            held_bytes: 0,
            halt: None,
            in_doubt: Vec::new(),
            given_up: GivenUp::default(),
        }
    }

    /// Sends until the source ends, a signal comes or something fails; then waits for the answers
    /// that are still to come.
    pub(super) async fn run(mut self) -> ShareEnded {
        let notes = Arc::clone(&self.notes);
        while !self.is_over() {
            let news = self.news().await;
            let departures = self.turn(news, &mut locked(&notes));
            for job in departures {
                self.flights.depart(job);
            }
        }
        if let Some(error) = self.source_failure.take() {
            // The other threads still send what came before.
            self.halt.get_or_insert(error.into());
        }
        self.in_doubt.extend(self.waiting.resting());
        ShareEnded { halt: self.halt, in_doubt: self.in_doubt, given_up: self.given_up }
    }

    /// What is to be sent now, and was written down.
    fn turn(&mut self, news: News, notes: &mut Notes) -> VecDeque<Box<Job>> {
        self.take(news, notes);
        let mut departures = VecDeque::new();
        if self.halt.is_none() {
            self.admit_due(Instant::now());
            departures = self.choose(notes);
        }
        if let Err(halt) = notes.commit() {
            // Nothing is sent that could not be written down.
            departures.clear();
            self.halt(halt);
        }
        departures
    }

    /// Ends all threads, for this reason if it is the first.
    fn halt(&mut self, halt: Halt) {
        self.halt.get_or_insert(halt);
        self.stop.cancel();
    }

    fn is_over(&self) -> bool {
        let drained = self.exhausted && self.held_entries == 0;
        self.flights.is_empty() && (drained || self.halt.is_some())
    }

    /// Waits until something has happened. A thread that sleeps wakes up late, and with one connection a
    /// target that is fast would wait for it with every answer: so it looks often before it sleeps. With
    /// several it does not: others are under way meanwhile, and what comes together is taken together.
    async fn news(&mut self) -> News {
        let looks = if self.flights.connections_max() == 1 { LOOKS_BEFORE_SLEEP } else { 0 };
        for _ in 0..looks {
            let now = poll_fn(|cx| Poll::Ready(self.poll_news(cx))).await;
            if let Poll::Ready(news) = now {
                return news;
            }
            // The target may need this very core.
            thread::yield_now();
            // The runtime asks the system what has come, and does not sleep.
            tokio::task::yield_now().await;
        }
        poll_fn(|cx| self.poll_news(cx)).await
    }

    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        let mut news = News::default();
        while let Poll::Ready(landing) = self.flights.poll_landing(cx) {
            news.landings.push(landing);
        }
        let mut happened = !news.landings.is_empty();
        if self.halt.is_some() {
            return if happened { Poll::Ready(news) } else { Poll::Pending };
        }
        if self.has_room()
            && !self.exhausted
            && let Poll::Ready(batch) = self.batches.poll_recv(cx)
        {
            news.ended = batch.is_none();
            news.batch = batch;
            happened = true;
        }
        if self.stopped.as_mut().poll(cx).is_ready() {
            news.stopped = true;
            happened = true;
        }
        happened |= self.waiting.poll_due(cx).is_ready();
        if happened { Poll::Ready(news) } else { Poll::Pending }
    }

    fn has_room(&self) -> bool {
        let idle = self.flights.room() > 0 && self.lanes.is_idle();
        let entries_max = if idle { HELD_ENTRIES_MAX } else { AHEAD_ENTRIES };
        self.held_entries < entries_max && self.held_bytes < HELD_BYTES_MAX
    }

    fn take(&mut self, news: News, notes: &mut Notes) {
        if news.stopped {
            self.halt(Halt::Interrupted);
        }
        let now = Instant::now();
        for landing in news.landings {
            self.land(landing, now, notes);
        }
        self.exhausted |= news.ended;
        match news.batch {
            Some(Ok(jobs)) => jobs.into_iter().for_each(|job| self.hold(job)),
            Some(Err(error)) => self.source_failure = Some(error),
            None => {}
        }
    }

    fn hold(&mut self, job: Box<Job>) {
        self.held_entries += 1;
        self.held_bytes += job.body_bytes;
        self.waiting.push(job);
    }

    fn admit_due(&mut self, now: Instant) {
        while let Some(job) = self.waiting.take_due(now) {
            self.lanes.admit(job);
        }
        while let Some(job) = self.waiting.take_rested(now) {
            self.lanes.again(job);
        }
    }

    /// As many as there are connections for.
    fn choose(&mut self, notes: &mut Notes) -> VecDeque<Box<Job>> {
        let mut departures = VecDeque::new();
        while self.halt.is_none() && departures.len() < self.flights.room() {
            let Some(mut job) = self.lanes.take() else { break };
            let sent_at = Instant::now();
            match &job.measured {
                Some(measured) => measured.retried(),
                None => job.measured = Some(self.recorder.start_at(job.start, sent_at)),
            }
            match job.prepare(&self.preparation, notes.rewriter.as_mut()) {
                Ok(()) => {
                    job.attempts.count += 1;
                    notes.sent(job.sequence);
                    departures.push_back(job);
                }
                Err(failure) => self.give_up(job, failure, None, notes),
            }
        }
        departures
    }

    fn land(&mut self, landing: Landing, now: Instant, notes: &mut Notes) {
        let Landing { mut job, result, .. } = landing;
        let recorded = job.recorded;
        match self.limits.judge(&mut job.attempts, result.as_ref(), recorded, now) {
            Verdict::Ended(outcome) => {
                let ending = Ending { answer: result.ok(), outcome, failure: None };
                self.finish(job, ending, now, notes);
            }
            Verdict::Again(_) if self.halt.is_some() => self.abandon(&job),
            Verdict::Again(again) => self.waiting.rest(job, again),
            Verdict::GivenUp(failure) => self.give_up(job, failure, result.ok(), notes),
        }
    }

    fn give_up(
        &mut self,
        mut job: Box<Job>,
        failure: Failure,
        answer: Option<Answer>,
        notes: &mut Notes,
    ) {
        let kind = failure.kind;
        if self.on_give_up == OnGiveUp::Stop {
            if let Some(measured) = job.measured.take() {
                measured.failed(kind);
            }
            self.abandon(&job);
            self.halt(Halt::GaveUp { sequence: job.sequence, failure });
            return;
        }
        self.given_up.add(job.sequence, &failure);
        let ending = Ending { answer, outcome: Err(kind), failure: Some(failure) };
        self.finish(job, ending, Instant::now(), notes);
    }

    /// It was sent, and will not be sent again by this run: nobody knows what it did.
    fn abandon(&mut self, job: &Job) {
        if job.attempts.count > 0 {
            self.in_doubt.push(job.sequence);
        }
        self.let_go(job);
    }

    fn finish(&mut self, mut job: Box<Job>, ending: Ending, now: Instant, notes: &mut Notes) {
        let measured = job.measured.take().expect("what is finished was begun");
        let elapsed = now.saturating_duration_since(measured.sent());
        measured.ended_at(now, ending.outcome);
        self.let_go(&job);
        self.lanes.ended(&job.key);
        notes.done(&mut job, ending, elapsed);
    }

    fn let_go(&mut self, job: &Job) {
        self.held_entries -= 1;
        self.held_bytes -= job.body_bytes;
    }
}
