//! A store that does not answer for a while is asked again.

use std::fmt::Display;
use std::time::{Duration, Instant};

use order_store::StoreError;

use crate::patience::Patience;

/// How long a rebuild waits for a store that is away before it gives up, from the first time on that it got no
/// answer; run again, it goes on.
const STORE_AWAY_MAX: Duration = Duration::from_mins(1);

/// What `ask` comes to, as soon as the store answers. It must do no harm a second time.
pub(super) async fn patiently<T, E>(ask: impl AsyncFn() -> Result<T, E>) -> Result<T, E>
where
    E: MayPass,
{
    let mut patience = Patience::new();
    let mut away_since: Option<Instant> = None;
    loop {
        match ask().await {
            Err(error) if error.may_pass() => {
                let since = *away_since.get_or_insert_with(|| {
                    tracing::warn!(%error, "waiting for the store");
                    Instant::now()
                });
                if since.elapsed() > STORE_AWAY_MAX {
                    return Err(error);
                }
                patience.wait().await;
            }
            done => return done,
        }
    }
}

/// An error that may not come again.
pub(super) trait MayPass: Display {
    /// Whether the store was away.
    fn may_pass(&self) -> bool;
}

impl MayPass for StoreError {
    fn may_pass(&self) -> bool {
        self.is_retryable()
    }
}

impl MayPass for crate::projector::RunError {
    fn may_pass(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retryable())
    }
}

impl MayPass for super::RebuildError {
    fn may_pass(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retryable())
    }
}

impl MayPass for crate::projector::PrepareError {
    fn may_pass(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retryable())
    }
}
