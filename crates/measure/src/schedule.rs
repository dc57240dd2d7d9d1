//! When each request should start.

use std::time::{Duration, Instant};

use crate::Pace;

/// When a request should start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At this time.
    At(Instant),
    /// As soon as it can be sent: it is never late.
    Whenever,
}

impl From<Instant> for Start {
    fn from(instant: Instant) -> Self {
        Self::At(instant)
    }
}

/// Tells the intended start of one request after the other. Starts depend on the pace and on what was
/// recorded, never on how long answers take, and don't drift: each is computed from the beginning.
#[derive(Clone, Debug)]
pub struct Schedule {
    pace: Pace,
    begin: Instant,
    gap_max: Duration,
    /// Requests told so far.
    told: u64,
    /// When the last one was recorded.
    last: Option<Duration>,
    /// What has passed in the recording since the first one, long gaps shortened.
    passed: Duration,
}

impl Schedule {
    /// The first request starts at `begin`.
    pub fn new(pace: Pace, begin: Instant) -> Self {
        Self { pace, begin, gap_max: Duration::MAX, told: 0, last: None, passed: Duration::ZERO }
    }

    /// Longer gaps of the recording count as this: nobody waits for a quiet night to pass.
    #[must_use]
    pub fn with_gap_max(mut self, gap_max: Duration) -> Self {
        self.gap_max = gap_max;
        self
    }

    /// The pace.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// When the next request should start. `recorded_at` is when it was recorded, since any fixed
    /// moment; only a [recorded](Pace::Recorded) pace looks at it. A time before that of the request
    /// before counts as the same: order comes first.
    pub fn next(&mut self, recorded_at: Duration) -> Start {
        let number = self.told;
        self.told += 1;
        match self.pace {
            Pace::Unlimited => Start::Whenever,
            Pace::Steady(rate) => Start::At(self.begin + rate.time_of(number)),
            Pace::Recorded(speed) => {
                let last = self.last.unwrap_or(recorded_at);
                self.passed += recorded_at.saturating_sub(last).min(self.gap_max);
                self.last = Some(last.max(recorded_at));
                Start::At(self.begin + speed.shorten(self.passed))
            }
        }
    }
}
