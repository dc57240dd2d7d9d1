//! How long to wait before trying again: exponential back-off with jitter, without end.

use std::time::Duration;

use backoff::backoff::Backoff;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};

/// The first wait, about.
const WAIT_MIN: Duration = Duration::from_millis(50);
/// No wait is longer than about this.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// By which part of itself a wait is longer or shorter, at random.
const SPREAD: f64 = backoff::default::RANDOMIZATION_FACTOR;

/// The waits between tries of something that must succeed one day. The crate's own retry loop
/// would do for a single call; ours is interrupted by shutdown and starts over after a success.
pub(crate) struct Patience(ExponentialBackoff);

impl Patience {
    pub(crate) fn new() -> Self {
        Self::spread(SPREAD)
    }

    /// Waits of exactly the same length every time.
    pub(crate) fn exact() -> Self {
        Self::spread(0.0)
    }

    fn spread(by: f64) -> Self {
        let waits = ExponentialBackoffBuilder::new()
            .with_randomization_factor(by)
            .with_initial_interval(WAIT_MIN)
            .with_max_interval(WAIT_MAX)
            .with_max_elapsed_time(None)
            .build();
        Self(waits)
    }

    /// Waits before the next try.
    pub(crate) async fn wait(&mut self) {
        let wait = self.0.next_backoff().unwrap_or(WAIT_MAX);
        tokio::time::sleep(wait).await;
    }

    /// The last try succeeded: the next wait is short again.
    pub(crate) fn reset(&mut self) {
        self.0.reset();
    }
}
