//! The loop that sends: one task on one thread, which owns everything and locks nothing.
//!
//! Each turn takes what has happened (answers, new entries, due times), decides what is sent next,
//! writes that down, and sends it. So notes and files cost one write a turn, however many requests
//! a turn moves.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use http1_client::{Answer, Failure};
use measure::{ErrorKind, Recorder};
use tokio::sync::mpsc;
use tokio_util::sync::WaitForCancellationFutureOwned;
use traffic_archive::Sequence;

use super::flights::Flights;
use super::job::{Job, Landing};
use super::lanes::Lanes;
use super::notes::{Ending, Notes};
use super::plan::{Batch, Ended, GivenUp, Halt, OnGiveUp, Plan};
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

/// How often the thread looks for news before it sleeps.
const LOOKS_BEFORE_SLEEP: u32 = 50;

/// Bytes of their bodies, give or take a batch.
const HELD_BYTES_MAX: usize = 64 << 20;

struct Engine {
    batches: mpsc::Receiver<Batch>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
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
    notes: Notes,
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

impl Plan {
    /// Sends until the source ends, a signal comes or something fails; then waits for the answers
    /// that are still to come.
    pub(super) async fn carry_out(self) -> Ended {
        let mut engine = Engine {
            batches: self.batches,
            stop: Box::pin(self.stop.cancelled_owned()),
            preparation: self.preparation,
            recorder: self.recorder,
            limits: self.limits,
            on_give_up: self.on_give_up,
            exhausted: false,
            source_failure: None,
            waiting: Waiting::new(self.pace, self.gap_max, self.alarm),
            lanes: Lanes::new(self.order),
            flights: Flights::new(self.carrier, self.connections),
            notes: Notes {
                done: self.done,
                journal: self.journal,
                outcomes: self.outcomes,
                rewriter: self.rewriter,
            },
            held_entries: 0,
            held_bytes: 0,
            halt: None,
            in_doubt: Vec::new(),
            given_up: GivenUp::default(),
        };
        engine.run().await;
        engine.end()
    }
}

impl Engine {
    async fn run(&mut self) {
        while !self.is_over() {
            let news = self.news().await;
            self.take(news);
            if self.halt.is_none() {
                self.admit_due(Instant::now());
                let departures = self.choose();
                if self.commit() {
                    for job in departures {
                        self.flights.depart(job);
                    }
                }
            } else {
                self.commit();
            }
        }
        if let Some(error) = self.source_failure.take() {
            self.halt.get_or_insert(error.into());
        }
        if let Err(halt) = self.notes.checkpoint() {
            self.halt.get_or_insert(halt);
        }
    }

    fn is_over(&self) -> bool {
        let drained = self.exhausted && self.held_entries == 0;
        self.flights.is_empty() && (drained || self.halt.is_some())
    }

    /// Waits until something has happened. A thread that sleeps wakes up late, a target that is fast
    /// would wait for it with every answer: so it looks often before it sleeps.
    async fn news(&mut self) -> News {
        for _ in 0..LOOKS_BEFORE_SLEEP {
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
        if self.stop.as_mut().poll(cx).is_ready() {
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

    fn hold(&mut self, job: Box<Job>) {
        if self.notes.done.contains(job.sequence) {
            return;
        }
        self.held_entries += 1;
        self.held_bytes += job.body_bytes;
        self.waiting.schedule(job);
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
    fn choose(&mut self) -> VecDeque<Box<Job>> {
        let mut departures = VecDeque::new();
        while self.halt.is_none() && departures.len() < self.flights.room() {
            let Some(mut job) = self.lanes.take() else { break };
            let sent_at = Instant::now();
            match &job.measured {
                Some(measured) => measured.retried(),
                None => job.measured = Some(self.recorder.start_at(job.start, sent_at)),
            }
            match job.prepare(&self.preparation, self.notes.rewriter.as_mut()) {
                Ok(()) => {
                    job.attempts.count += 1;
                    self.notes.sent(job.sequence);
                    departures.push_back(job);
                }
                Err(failure) => self.give_up(job, failure, None),
            }
        }
        departures
    }

    fn land(&mut self, landing: Landing, now: Instant) {
        let Landing { mut job, result, .. } = landing;
        let recorded = job.recorded;
        match self.limits.judge(&mut job.attempts, result.as_ref(), recorded, now) {
            Verdict::Ended(outcome) => self.finish(job, result.ok(), outcome, None, now),
            Verdict::Again(_) if self.halt.is_some() => self.abandon(&job),
            Verdict::Again(again) => self.waiting.rest(job, again),
            Verdict::GivenUp(failure) => self.give_up(job, failure, result.ok()),
        }
    }

    fn give_up(&mut self, mut job: Box<Job>, failure: Failure, answer: Option<Answer>) {
        let kind = failure.kind;
        if self.on_give_up == OnGiveUp::Stop {
            if let Some(measured) = job.measured.take() {
                measured.failed(kind);
            }
            self.abandon(&job);
            self.halt.get_or_insert(Halt::GaveUp { sequence: job.sequence, failure });
            return;
        }
        self.given_up.add(job.sequence, &failure);
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
        self.lanes.ended(&job.key);
        let elapsed_us = u64::try_from(elapsed.as_micros()).ok();
        self.notes.done(&mut job, Ending { answer, outcome, failure, elapsed_us });
    }

    fn let_go(&mut self, job: &Job) {
        self.held_entries -= 1;
        self.held_bytes -= job.body_bytes;
    }

    /// `false` when what must be known before anything is sent could not be written down.
    fn commit(&mut self) -> bool {
        match self.notes.commit() {
            Ok(()) => true,
            Err(halt) => {
                self.halt.get_or_insert(halt);
                false
            }
        }
    }

    fn end(mut self) -> Ended {
        self.in_doubt.extend(self.waiting.resting());
        let mut next = self.notes.done.next();
        if let Some(journal) = &self.notes.journal {
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
            rewriter: self.notes.rewriter,
        }
    }
}
