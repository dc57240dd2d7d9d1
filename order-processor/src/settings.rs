//! What the operator may change; the defaults stand in the default configuration file.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use event_log::{BatchLimit, Topic};
use order_engine::EngineSettings;
use serde::Deserialize;

/// The `[engine]` section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineRoleSettings {
    /// The most commands that are decided before their decisions are published.
    pub batch_records: usize,
    /// The most payload bytes of such a batch.
    pub batch_bytes: usize,
    /// A snapshot is taken after this many commands,
    pub snapshot_every_commands: u64,
    /// or after this time, if there was a command.
    pub snapshot_every_ms: u64,
    /// Where snapshots are kept; `None` is `<data directory>/snapshots`.
    pub snapshot_dir: Option<PathBuf>,
    /// How many of its newest orders a venue remembers, to know a repeated command.
    pub idempotency_window_orders: NonZeroU32,
    /// When to stop instead of dead-lettering on.
    pub dead_letters: DeadLetterLimitSettings,
}

impl Default for EngineRoleSettings {
    fn default() -> Self {
        Self {
            batch_records: 512,
            batch_bytes: 4 << 20,
            snapshot_every_commands: 100_000,
            snapshot_every_ms: 60_000,
            snapshot_dir: None,
            idempotency_window_orders: EngineSettings::default().idempotency_window_orders,
            dead_letters: DeadLetterLimitSettings::default(),
        }
    }
}

impl EngineRoleSettings {
    pub(crate) const fn engine(&self) -> EngineSettings {
        EngineSettings { idempotency_window_orders: self.idempotency_window_orders }
    }

    pub(crate) const fn batch(&self) -> BatchLimit {
        BatchLimit { records: self.batch_records, bytes: self.batch_bytes }
    }
}

/// The `[projector]` section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectorSettings {
    /// The most decisions that are written in one SQL transaction.
    pub batch_records: usize,
    /// The most payload bytes of such a batch.
    pub batch_bytes: usize,
    /// How long an event that could not be projected waits before each further try. One topic a
    /// delay: `order-events-retry-<ms>`.
    pub retry_delays_ms: Vec<u64>,
    /// When to stop instead of dead-lettering on.
    pub dead_letters: DeadLetterLimitSettings,
}

impl Default for ProjectorSettings {
    fn default() -> Self {
        Self {
            batch_records: 1_000,
            batch_bytes: 8 << 20,
            retry_delays_ms: vec![1_000, 10_000, 60_000],
            dead_letters: DeadLetterLimitSettings::default(),
        }
    }
}

impl ProjectorSettings {
    pub(crate) const fn batch(&self) -> BatchLimit {
        BatchLimit { records: self.batch_records, bytes: self.batch_bytes }
    }

    /// The retry topics with their delays, in the order in which an event goes through them.
    pub fn retry_tiers(&self) -> impl Iterator<Item = (Topic, Duration)> {
        self.retry_delays_ms.iter().map(|ms| {
            let delay = Duration::from_millis(*ms);
            (Topic::order_events_retry(delay), delay)
        })
    }
}

/// A worker stops when more than `records_max` of its last `of_last` records became dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeadLetterLimitSettings {
    /// The most dead letters.
    pub records_max: usize,
    /// Among this many records.
    pub of_last: usize,
}

impl Default for DeadLetterLimitSettings {
    fn default() -> Self {
        Self { records_max: 100, of_last: 1_000 }
    }
}
