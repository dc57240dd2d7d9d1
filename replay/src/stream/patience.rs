//! Waiting for a server that goes away.

use std::pin::pin;
use std::time::Duration;

use backoff::backoff::Backoff as _;
use futures_util::future::BoxFuture;
use tokio::time::{sleep, timeout};

use super::{StreamError, lane};

/// After so long it is told that an answer is waited for.
const TOLD_AFTER: Duration = Duration::from_secs(5);

/// For how long a server that goes away is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience(pub(crate) Duration);

impl Patience {
    pub(super) fn of_seconds(seconds: u32) -> Self {
        Self(Duration::from_secs(u64::from(seconds)))
    }

    /// Asks a server for something until there is an answer, or a failure that no waiting helps against. When
    /// the patience is at its end, the last failure is the answer. An attempt may be dropped before it has
    /// ended.
    pub(crate) async fn wait_for<S, T>(
        self,
        what: &str,
        server: &mut S,
        mut ask: impl for<'a> FnMut(&'a mut S) -> BoxFuture<'a, Result<T, StreamError>>,
    ) -> Result<T, StreamError> {
        let mut failure = None;
        let ended = {
            let mut trying = pin!(async {
                let mut waits = lane::waits();
                loop {
                    match ask(server).await {
                        Err(error) if error.is_retryable() => failure = Some(error),
                        ended => return ended,
                    }
                    sleep(waits.next_backoff().unwrap_or(lane::WAIT_MAX)).await;
                }
            });
            match timeout(self.0.min(TOLD_AFTER), &mut trying).await {
                Err(_) if self.0 > TOLD_AFTER => {
                    tracing::warn!("{what} does not come; it is waited for");
                    timeout(self.0.saturating_sub(TOLD_AFTER), trying).await
                }
                ended => ended,
            }
        };
        let late = || StreamError::Late { what: what.to_owned(), patience: self.0 };
        ended.unwrap_or_else(|_| Err(failure.unwrap_or_else(late)))
    }
}

#[cfg(test)]
mod tests {
    use event_log::LogError;
    use tokio::time::Instant;

    use super::*;

    const PATIENCE: Patience = Patience(Duration::from_mins(1));

    fn away() -> StreamError {
        LogError::Unavailable("it restarts".to_owned()).into()
    }

    /// Why it ended.
    async fn asked(
        what: &str,
        ask: impl Fn() -> BoxFuture<'static, Result<(), StreamError>>,
    ) -> StreamError {
        PATIENCE.wait_for(what, &mut (), |()| ask()).await.expect_err("there is no answer")
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_in_passing_is_tried_again() {
        let mut tries = 0;
        let answer = PATIENCE.wait_for("it", &mut tries, |tries| {
            *tries += 1;
            let answer = if *tries < 5 { Err(away()) } else { Ok(*tries) };
            Box::pin(async { answer })
        });
        assert_eq!(answer.await.expect("an answer"), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_for_good_is_told_at_once() {
        let begun = Instant::now();
        let error = asked("it", || Box::pin(async { Err(LogError::Closed.into()) })).await;
        assert!(matches!(error, StreamError::Log(LogError::Closed)), "{error}");
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_failure_is_told_when_the_patience_is_at_its_end() {
        let begun = Instant::now();
        let error = asked("it", || Box::pin(async { Err(away()) })).await;
        assert!(error.to_string().contains("it restarts"), "{error}");
        assert_eq!(begun.elapsed(), PATIENCE.0);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_a_failure_when_the_patience_is_at_its_end() {
        let begun = Instant::now();
        let error = asked("record 7", || Box::pin(std::future::pending())).await;
        assert!(error.to_string().contains("record 7"), "{error}");
        assert_eq!(begun.elapsed(), PATIENCE.0);
    }
}
