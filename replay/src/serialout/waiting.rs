//! What waits for its time: entries that are not due yet, and those that are to be tried again.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use measure::{Alarm, Start, Until};
use traffic_archive::Sequence;

use super::job::Job;

/// Jobs and the times they wait for.
pub(super) struct Waiting {
    /// In order of their start.
    not_due: VecDeque<Box<Job>>,
    /// To be tried again.
    resting: BTreeMap<(Instant, Sequence), Box<Job>>,
    alarm: Alarm,
    next_due: Option<(Instant, Until)>,
}

impl Waiting {
    pub(super) fn new(alarm: Alarm) -> Self {
        Self { not_due: VecDeque::new(), resting: BTreeMap::new(), alarm, next_due: None }
    }

    /// The next entry waits until it should start.
    pub(super) fn push(&mut self, job: Box<Job>) {
        self.not_due.push_back(job);
    }

    /// A job waits until it is tried again.
    pub(super) fn rest(&mut self, job: Box<Job>, until: Instant) {
        self.resting.insert((until, job.sequence), job);
    }

    /// Jobs that are to be tried again.
    pub(super) fn resting(&self) -> impl Iterator<Item = Sequence> {
        self.resting.values().map(|job| job.sequence)
    }

    /// The next entry that should start by now.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Box<Job>> {
        self.not_due.pop_front_if(|job| match job.start {
            Start::At(due) => due <= now,
            Start::Whenever => true,
        })
    }

    /// The next job that is to be tried again by now.
    pub(super) fn take_rested(&mut self, now: Instant) -> Option<Box<Job>> {
        let first = self.resting.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    /// Ready when a job is due.
    pub(super) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
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
            self.next_due = Some((due, self.alarm.until(due)));
        }
        let (_, until) = self.next_due.as_mut().expect("it was just set");
        let rung = Pin::new(until).poll(cx);
        if rung.is_ready() {
            self.next_due = None;
        }
        rung
    }
}
