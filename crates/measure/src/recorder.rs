//! What workers hold: one call when a request starts, one when it ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::shard::{Home, Shards};
use crate::tally::Ended;
use crate::{ErrorKind, Start};

/// Records requests. Cheap to clone and to use: a request costs two readings of the clock and under
/// a hundred nanoseconds, and waits for nobody.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Of this recorder and its clones alone: requests under way count references to it, and
    /// workers on other cores should not count in the same place.
    place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    shards: Shards,
    home: Home,
}

impl Recorder {
    pub(crate) fn new(shards: Shards, home: Home) -> Self {
        Self { place: Arc::new(Place { shards, home }) }
    }

    /// A request is being sent now, which should have been sent at `intended`.
    pub fn start(&self, intended: impl Into<Start>) -> InFlight {
        self.start_at(intended, Instant::now())
    }

    /// A request was sent at `sent`, which should have been sent at `intended`.
    pub fn start_at(&self, intended: impl Into<Start>, sent: Instant) -> InFlight {
        self.place.shards.start(self.place.home);
        let intended = match intended.into() {
            Start::At(intended) => intended,
            Start::Whenever => sent,
        };
        InFlight { place: Some(Arc::clone(&self.place)), intended, sent }
    }

    /// A request should have been sent at `intended`, and will not be, for this reason: it fails now.
    pub fn unsent(&self, intended: Instant, kind: ErrorKind) {
        let Place { shards, home } = &*self.place;
        shards.start(*home);
        shards.end(*home, |tally| tally.count_unsent(intended.elapsed(), kind));
    }
}

/// A request under way. Dropped without an end it counts as [`ErrorKind::ABANDONED`].
#[derive(Debug)]
#[must_use = "a request that is dropped counts as abandoned"]
pub struct InFlight {
    /// `None` once the end is recorded.
    place: Option<Arc<Place>>,
    intended: Instant,
    sent: Instant,
}

impl InFlight {
    /// When it should have been sent.
    pub fn intended(&self) -> Instant {
        self.intended
    }

    /// When it was (first) sent.
    pub fn sent(&self) -> Instant {
        self.sent
    }

    /// It is sent once more: an attempt failed, the request has not. It goes on being in flight, and
    /// its latency goes on growing.
    pub fn retried(&self) {
        if let Some(place) = &self.place {
            place.shards.count(place.home, |tally| tally.retries += 1);
        }
    }

    /// It ended well, now.
    pub fn succeeded(self) {
        self.ended_at(Instant::now(), Ok(()));
    }

    /// It failed for good, now.
    pub fn failed(self, kind: ErrorKind) {
        self.ended_at(Instant::now(), Err(kind));
    }

    /// It ended at `end`, so or so.
    pub fn ended_at(mut self, end: Instant, outcome: Result<(), ErrorKind>) {
        self.record(end, outcome);
    }

    fn record(&mut self, end: Instant, outcome: Result<(), ErrorKind>) {
        let Some(place) = self.place.take() else { return };
        let since = |earlier| -> Duration { end.saturating_duration_since(earlier) };
        let ended = Ended {
            latency: since(self.intended),
            service_time: since(self.sent),
            start_delay: self.sent.saturating_duration_since(self.intended),
            outcome,
        };
        place.shards.end(place.home, |tally| tally.count(ended));
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.place.is_some() {
            self.record(Instant::now(), Err(ErrorKind::ABANDONED));
        }
    }
}
