//! The wall clock, for what is not decided by it: waiting, and the history of failures.

use std::time::{SystemTime, UNIX_EPOCH};

use order_domain::Timestamp;

/// The time now.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
