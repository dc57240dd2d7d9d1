//! The room in memory for what is being captured.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::WhenBehind;

/// What a request or a response takes besides its body, in bytes: head, records, queues.
const HEAD_BYTES: usize = 16 * 1024;

/// Room that is reserved; free again when this is dropped.
pub(super) type Reserved = OwnedSemaphorePermit;

/// Counts KiB.
#[derive(Clone)]
pub(super) struct Room {
    kib: Arc<Semaphore>,
    kib_max: u32,
    when_behind: WhenBehind,
}

impl Room {
    pub(super) fn new(bytes: usize, when_behind: WhenBehind) -> Self {
        let kib_max = kib(bytes);
        Self { kib: Arc::new(Semaphore::new(kib_max as usize)), kib_max, when_behind }
    }

    /// Room for a request and its response with bodies of these bytes. Waits, or gives `None`, when
    /// there is none.
    pub(super) async fn reserve(
        &self,
        request: usize,
        response: usize,
    ) -> Option<(Reserved, Reserved)> {
        let request = kib(request + HEAD_BYTES).min(self.kib_max / 2);
        let response = kib(response + HEAD_BYTES).min(self.kib_max / 2);
        let all = request + response;
        let mut reserved = match self.when_behind {
            WhenBehind::Wait => self.kib.clone().acquire_many_owned(all).await.ok()?,
            WhenBehind::Pass => self.kib.clone().try_acquire_many_owned(all).ok()?,
        };
        let response = reserved.split(response as usize)?;
        Some((reserved, response))
    }
}

/// Gives back what a body of these bytes does not need.
pub(super) fn shrink(reserved: &mut Reserved, body: usize) {
    let surplus = reserved.num_permits().saturating_sub(kib(body + HEAD_BYTES) as usize);
    drop(reserved.split(surplus));
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX >> 4)
}
