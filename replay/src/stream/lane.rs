//! A lane: one ordered part of a stream, such as a partition.

use std::time::Duration;

use async_trait::async_trait;
use backoff::backoff::Backoff as _;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use tokio::time::{Instant, timeout_at};
use traffic_archive::{Line, Sequence};

use super::StreamError;
use super::patience::Patience;

/// The first wait before another try, about.
const WAIT_MIN: Duration = Duration::from_millis(50);

/// No wait is longer than about this.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(2);

/// So much longer than there is patience an attempt may take, which ends by itself then and says why.
const LAST_ATTEMPT: Duration = Duration::from_secs(1);

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

    /// How many records are in the lane, at most.
    async fn length(&mut self) -> Result<u64, StreamError>;
}

/// Writes `lines` into the lane, once each, however often it takes; gives up when nothing helped for
/// as long as `patience`.
pub(super) async fn write(
    lane: &mut dyn Lane,
    mut lines: Vec<Line>,
    patience: Patience,
) -> Result<(), StreamError> {
    let mut waits = waits();
    let begun = Instant::now();
    let end = begun + patience.0 + LAST_ATTEMPT;
    let mut unknown = false;
    loop {
        let attempt = timeout_at(end, attempt(lane, &mut lines, unknown)).await;
        let silent =
            || StreamError::Late { what: "an acknowledgement".to_owned(), patience: patience.0 };
        match attempt.unwrap_or_else(|_| Err(silent())) {
            Ok(()) => return Ok(()),
            Err(error) if !error.is_retryable() || begun.elapsed() >= patience.0 => {
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
        let before = lane.last();
        lane.settle().await?;
        if let Some(last) = before.filter(|before| Some(*before) > lane.last()) {
            let expected = lane.last().map_or(Sequence::FIRST, Sequence::next);
            return Err(StreamError::Gone { expected, last });
        }
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use event_log::LogError;
    use jiff::Timestamp;
    use traffic_archive::{ArchiveReader, ArchiveWriter, Exchange, Location, WriterSettings};

    use super::*;

    const PATIENCE: Patience = Patience(Duration::from_mins(1));

    /// What becomes of an append.
    enum Append {
        Acknowledged,
        /// Nobody knows; this is in the lane then.
        Failed(Option<Sequence>),
        Silent,
    }

    struct Scripted {
        appends: VecDeque<Append>,
        last: Option<Sequence>,
        /// What settling finds.
        found: Option<Sequence>,
    }

    #[async_trait]
    impl Lane for Scripted {
        fn last(&self) -> Option<Sequence> {
            self.last
        }

        async fn append(&mut self, lines: &[Line]) -> Result<(), StreamError> {
            match self.appends.pop_front() {
                Some(Append::Acknowledged) => {
                    self.last = lines.last().map(|line| line.sequence);
                    Ok(())
                }
                Some(Append::Failed(found)) => {
                    self.found = found;
                    Err(LogError::Unavailable("it restarts".to_owned()).into())
                }
                Some(Append::Silent) => std::future::pending().await,
                None => panic!("it is not appended so often"),
            }
        }

        async fn settle(&mut self) -> Result<(), StreamError> {
            self.last = self.found;
            Ok(())
        }

        async fn length(&mut self) -> Result<u64, StreamError> {
            Ok(self.last.map_or(0, Sequence::get))
        }
    }

    fn sequence(number: u64) -> Sequence {
        Sequence::new(number).expect("not 0")
    }

    /// Entries 4 to 6 for a lane that has three; what it has then, and how it ended.
    async fn write_three(
        appends: impl IntoIterator<Item = Append>,
    ) -> (Option<u64>, Result<(), StreamError>) {
        let folder = tempfile::tempdir().expect("a folder");
        let location = Location::folder(folder.path());
        let settings = WriterSettings::default();
        let mut writer = ArchiveWriter::create(&location, settings).await.expect("an archive");
        for number in 1..=6 {
            let exchange = Exchange::new(Timestamp::UNIX_EPOCH, "POST", format!("/{number}"));
            writer.append(exchange).await.expect("an entry");
        }
        writer.finish().await.expect("the archive ends");
        let archive = ArchiveReader::open(&location).await.expect("an archive");
        let mut lines = archive.lines(sequence(4));
        let lines = lines.next_batch().await.expect("three").expect("lines");
        assert_eq!(lines.len(), 3);
        let last = Some(sequence(3));
        let mut lane = Scripted { appends: appends.into_iter().collect(), last, found: last };
        let ended = write(&mut lane, lines, PATIENCE).await;
        (lane.last.map(Sequence::get), ended)
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_append_of_which_nobody_knows_has_left_is_gone_on_with() {
        for found in 3..=6 {
            let failed = Append::Failed(Some(sequence(found)));
            let (last, ended) = write_three([failed, Append::Acknowledged]).await;
            ended.expect("it comes back");
            assert_eq!(last, Some(6), "{found}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_has_lost_what_it_had_is_told() {
        for (found, expected) in [(None, 1), (Some(sequence(2)), 3)] {
            let (_, ended) = write_three([Append::Failed(found)]).await;
            let error = ended.expect_err("3 was there");
            assert!(
                matches!(error, StreamError::Gone { expected: gone, last }
                    if gone.get() == expected && last.get() == 3),
                "{error}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_says_nothing_is_waited_for_as_long_as_there_is_patience() {
        let begun = Instant::now();
        let (_, ended) = write_three([Append::Silent]).await;
        assert!(matches!(ended, Err(StreamError::Late { .. })), "{ended:?}");
        assert_eq!(begun.elapsed(), PATIENCE.0 + LAST_ATTEMPT);
    }
}
