//! A lane: one ordered part of a stream, such as a partition.

use std::time::Duration;

use async_trait::async_trait;
use backoff::backoff::Backoff as _;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use tokio::time::Instant;
use traffic_archive::{Line, Sequence};

use super::StreamError;

/// The first wait before another try, about.
const WAIT_MIN: Duration = Duration::from_millis(50);

/// No wait is longer than about this.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(2);

/// Writes one lane, strictly one batch after the other.
#[async_trait]
pub(super) trait Lane: Send + 'static {
    /// The last entry that is in the lane, as far as is known.
    fn last(&self) -> Option<Sequence>;

    /// Appends entries that come behind the last one, in their order.
    ///
    /// After an error it is not known which of them are there, until [`settle`](Self::settle).
    async fn append(&mut self, lines: &[Line]) -> Result<(), StreamError>;

    /// Finds out what is in the lane.
    async fn settle(&mut self) -> Result<(), StreamError>;
}

/// Writes `lines` into the lane, once each, however often it takes; gives up when nothing helped for
/// as long as `patience`.
pub(super) async fn write(
    lane: &mut dyn Lane,
    mut lines: Vec<Line>,
    patience: Duration,
) -> Result<(), StreamError> {
    let mut waits = waits();
    let begun = Instant::now();
    let mut unknown = false;
    loop {
        match attempt(lane, &mut lines, unknown).await {
            Ok(()) => return Ok(()),
            Err(error) if !error.is_retryable() || begun.elapsed() >= patience => {
                return Err(error);
            }
            Err(error) => {
                if !unknown {
                    tracing::warn!(%error, "an append failed; looks what is there and tries again");
                }
                unknown = true;
                tokio::time::sleep(waits.next_backoff().unwrap_or(WAIT_MAX)).await;
            }
        }
    }
}

async fn attempt(
    lane: &mut dyn Lane,
    lines: &mut Vec<Line>,
    unknown: bool,
) -> Result<(), StreamError> {
    if unknown {
        lane.settle().await?;
    }
    if let Some(last) = lane.last() {
        let there = lines.partition_point(|line| line.sequence <= last);
        lines.drain(..there);
    }
    if lines.is_empty() { Ok(()) } else { lane.append(lines).await }
}

pub(super) fn waits() -> ExponentialBackoff {
    ExponentialBackoffBuilder::new()
        .with_initial_interval(WAIT_MIN)
        .with_max_interval(WAIT_MAX)
        .with_max_elapsed_time(None)
        .build()
}
