//! How many requests are at work at once.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// A bounded number of places; who finds none waits for a bounded time.
pub(crate) struct Admission {
    places: Semaphore,
    queue_timeout: Duration,
}

impl Admission {
    pub(crate) fn new(places: usize, queue_timeout: Duration) -> Self {
        Self { places: Semaphore::new(places.min(Semaphore::MAX_PERMITS)), queue_timeout }
    }

    /// A place, given back when it is dropped; `None` when none became free in time.
    pub(crate) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        tokio::time::timeout(self.queue_timeout, self.places.acquire()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_place_waits_for_a_bounded_time() {
        let admission = Admission::new(1, Duration::from_secs(1));
        let place = admission.enter().await;
        assert!(place.is_some());
        assert!(admission.enter().await.is_none());
        let ((), next) = tokio::join!(async { drop(place) }, admission.enter());
        assert!(next.is_some());
    }
}
