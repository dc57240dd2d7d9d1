//! The time outside of the log, for what is not decided by it: waiting, and the history of failures.

use std::time::{SystemTime, UNIX_EPOCH};

use order_domain::Timestamp;
use tokio::time::Instant;

use crate::patience::Patience;

/// Where a worker's time comes from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Clock {
    /// The system's. Pauses are spread at random, so that workers who failed together do not come
    /// back together.
    #[default]
    System,
    /// A time of its own, which passes as tokio's does, and exact pauses: for a simulation, in which
    /// one seed must give one history.
    Simulated {
        /// When it began,
        began: Instant,
        /// and what time that was.
        at: Timestamp,
    },
}

impl Clock {
    /// The time now.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Simulated { began, at } => {
                let passed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
                Timestamp(at.0.saturating_add(passed))
            }
        }
    }

    /// Patience that has not been tried yet.
    pub(crate) fn patience(self) -> Patience {
        match self {
            Self::System => Patience::new(),
            Self::Simulated { .. } => Patience::exact(),
        }
    }
}
