//! Says once in the log that the store is away, and once that it is back.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the store was away when it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    away: AtomicBool,
}

impl Outage {
    /// The store did not answer because of `cause`.
    pub(crate) fn begin(&self, cause: &dyn Display) {
        if self.away.swap(true, Ordering::Relaxed) {
            tracing::debug!(%cause, "the store is still away");
        } else {
            tracing::error!(%cause, "the store is away: reads answer 503 until it is back");
        }
    }

    /// The store answered.
    pub(crate) fn end(&self) {
        // Reads by far outnumber outages: they only look, and don't write to a shared cache line.
        if self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the store is back");
        }
    }
}
