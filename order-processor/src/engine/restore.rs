//! The engine's state from what is kept: the newest snapshot, then the decisions published since.
//!
//! History stays what it was, even under a newer engine with other rules: published decisions are
//! evolved through, never decided again.

use event_log::topics::ORDER_EVENTS;
use event_log::{BatchLimit, EventLog, LogError};
use order_domain::wire::DecodeError;
use order_domain::{Decision, Offset, Partition, Position};
use order_engine::{Engine, EngineSettings};
use tracing::warn;

use super::snapshots::Snapshots;

/// How much is read at once.
const READ: BatchLimit = BatchLimit { records: 2_000, bytes: 8 << 20 };

/// An engine, and how far in `order-events` it has come.
pub struct Restored {
    /// The engine.
    pub engine: Engine,
    /// The first offset of `order-events` that it has not seen.
    pub events_next: Offset,
}

/// Why there is no state to go on from.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The log did not answer.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Decisions that no snapshot covers were removed by retention.
    #[error(
        "order-events of partition {partition} begins at {first}, but no snapshot covers what came \
         before: bring back a snapshot"
    )]
    HistoryGone {
        /// The partition.
        partition: Partition,
        /// The oldest decision that is left.
        first: Offset,
    },
    /// A decision in the log can't be read by this build.
    #[error("the decision at {position} of order-events can't be read: {error}")]
    Unreadable {
        /// Where it stands.
        position: Position,
        /// What is wrong.
        error: DecodeError,
    },
}

/// Restores the engine of `partition` up to the end that `order-events` has now.
pub async fn restore(
    log: &dyn EventLog,
    snapshots: &Snapshots,
    partition: Partition,
    settings: EngineSettings,
) -> Result<Restored, RestoreError> {
    let ends = log.ends(&ORDER_EVENTS, partition).await?;
    for kept in snapshots.newest_first(partition).await {
        // A snapshot from beyond the end belongs to another log, or this one was set back.
        if kept.events_next > ends.next || kept.events_next < ends.first {
            continue;
        }
        match Engine::restore(partition, settings, &kept.bytes) {
            Ok(engine) => {
                let restored = Restored { engine, events_next: kept.events_next };
                return catch_up(log, restored, ends.next).await;
            }
            Err(error) => warn!(%partition, %error, "passing over a snapshot"),
        }
    }
    if ends.first > Offset::ZERO {
        return Err(RestoreError::HistoryGone { partition, first: ends.first });
    }
    let engine = Engine::new(partition, settings);
    catch_up(log, Restored { engine, events_next: Offset::ZERO }, ends.next).await
}

/// Evolves through the published decisions up to `end` (exclusive).
pub async fn catch_up(
    log: &dyn EventLog,
    mut restored: Restored,
    end: Offset,
) -> Result<Restored, RestoreError> {
    if restored.events_next >= end {
        return Ok(restored);
    }
    let partition = restored.engine.partition();
    let mut reader = log.read(&ORDER_EVENTS, partition, restored.events_next).await?;
    while restored.events_next < end {
        for record in reader.next(READ).await? {
            let position = record.position;
            let decision = Decision::from_json(&record.payload)
                .map_err(|error| RestoreError::Unreadable { position, error })?;
            restored.engine.evolve(&decision);
            restored.events_next = position.offset.next();
        }
    }
    Ok(restored)
}
