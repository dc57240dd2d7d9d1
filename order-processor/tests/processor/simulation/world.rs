//! What all processes share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use order_domain::Timestamp;
use order_processor::Clock;
use tokio::time::Instant;

use super::calls::Calls;
use super::topics::Topics;
use crate::harness::TroubledStore;

/// When every simulation begins, in milliseconds since 1970.
const BEGINNING: Timestamp = Timestamp(1_700_000_000_000);

pub struct World {
    pub calls: Calls,
    pub store: TroubledStore,
    pub clock: Clock,
    topics: Mutex<Topics>,
}

impl World {
    /// An empty one, whose time begins now.
    pub fn new() -> Self {
        Self {
            calls: Calls::default(),
            store: TroubledStore::default(),
            clock: Clock::Simulated { began: Instant::now(), at: BEGINNING },
            topics: Mutex::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn topics(&self) -> MutexGuard<'_, Topics> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
