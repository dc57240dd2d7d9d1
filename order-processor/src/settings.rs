//! The sections of the configuration that the processor reads; `seriatim.default.toml` has the
//! defaults.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use event_log::{BatchLimit, Topic};
use order_engine::EngineSettings;
use serde::Deserialize;
use service_kit::config::millis;

/// The `[engine]` section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineRoleSettings {
    /// The most commands that are decided before their decisions are published.
    pub batch_records: NonZeroUsize,
    /// The most payload bytes of such a batch.
    pub batch_bytes: usize,
    /// A snapshot is taken after this many commands,
    pub snapshot_every_commands: u64,
    /// or after this time, if there was a command.
    #[serde(rename = "snapshot_every_ms", deserialize_with = "millis")]
    pub snapshot_every: Duration,
    /// Where snapshots are kept; empty is `<data directory>/snapshots`.
    pub snapshot_dir: PathBuf,
    /// How many of its newest orders a venue remembers, to know a repeated command.
    pub idempotency_window_orders: NonZeroU32,
    /// When to stop instead of dead-lettering on.
    pub dead_letters: DeadLetterLimitSettings,
}

impl EngineRoleSettings {
    pub(crate) const fn engine(&self) -> EngineSettings {
        EngineSettings {
            idempotency_window_orders: self.idempotency_window_orders,
            ..EngineSettings::DEFAULT
        }
    }

    pub(crate) const fn batch(&self) -> BatchLimit {
        BatchLimit { records: self.batch_records.get(), bytes: self.batch_bytes }
    }
}

/// The `[projector]` section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectorSettings {
    /// The most decisions that are written in one SQL transaction.
    pub batch_records: NonZeroUsize,
    /// The most payload bytes of such a batch.
    pub batch_bytes: usize,
    /// How long an event that could not be projected waits before each further try. One topic a
    /// delay: `order-events-retry-<ms>`.
    pub retry_delays_ms: Vec<u64>,
    /// When to stop instead of dead-lettering on.
    pub dead_letters: DeadLetterLimitSettings,
}

impl ProjectorSettings {
    pub(crate) const fn batch(&self) -> BatchLimit {
        BatchLimit { records: self.batch_records.get(), bytes: self.batch_bytes }
    }

    /// The retry topics with their delays, in the order in which an event goes through them.
    pub fn retry_tiers(&self) -> impl Iterator<Item = (Topic, Duration)> {
        self.retry_delays_ms.iter().map(|ms| {
            let delay = Duration::from_millis(*ms);
            (Topic::order_events_retry(delay), delay)
        })
    }
}

/// The `[processor]` section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadinessSettings {
    /// `/readyz` fails while a worker is farther behind its topic than this many records.
    pub ready_lag_records_max: u64,
}

/// A worker stops when more than `records_max` of its last `of_last` records became dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLetterLimitSettings {
    /// The most dead letters.
    pub records_max: usize,
    /// Among this many records.
    pub of_last: usize,
}
