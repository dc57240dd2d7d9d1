//! The engine's state from what is kept: the newest snapshot, then the decisions published since.
//!
//! History stays what it was, even under a newer engine with other rules: published decisions are
//! evolved through, never decided again.

use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{BatchLimit, EventLog, LogError};
use order_domain::wire::DecodeError;
use order_domain::{Command, Decision, Offset, Partition, Position, Timestamp};
use order_engine::{Engine, EngineSettings};
use tracing::warn;

use super::snapshots::{Kept, SnapshotStore};
use crate::one_record::{read_before, read_one};

/// How much is read at once.
const READ: BatchLimit = BatchLimit { records: 2_000, bytes: 8 << 20 };

/// Up to which moment an engine is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// All that is published.
    Now,
    /// The decision on the command at this offset of `orders`, that one included.
    Source(Offset),
    /// The last decision of this time, that one included.
    Time(Timestamp),
}

impl Until {
    fn includes(self, decision: &Decision) -> bool {
        match self {
            Self::Now => true,
            Self::Source(last) => decision.source.offset <= last,
            Self::Time(last) => decision.at <= last,
        }
    }

    /// Whether the engine has not come beyond.
    fn covers(self, engine: &Engine) -> bool {
        match self {
            Self::Now => true,
            Self::Source(last) => engine.next_source() <= last.next(),
            Self::Time(last) => engine.clock() <= last,
        }
    }
}

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
    /// `orders` is not the log that the decisions were made from: it was lost, set back or replaced.
    #[error(
        "orders of partition {partition} is not what order-events was decided from: {how}. Bring \
         back the lost log, or begin with an empty one and an empty store"
    )]
    OtherOrders {
        /// The partition.
        partition: Partition,
        /// How that shows.
        how: String,
    },
}

/// Restores the engine of `partition` up to the end that `order-events` has now.
pub async fn restore(
    log: &dyn EventLog,
    snapshots: &dyn SnapshotStore,
    partition: Partition,
    settings: EngineSettings,
) -> Result<Restored, RestoreError> {
    let restored = restore_until(log, snapshots, partition, settings, Until::Now).await?;
    check_orders(log, &restored).await?;
    Ok(restored)
}

/// The engine of `partition` as it was: from the newest snapshot that is not beyond that moment, and
/// the decisions after it.
pub async fn restore_until(
    log: &dyn EventLog,
    snapshots: &dyn SnapshotStore,
    partition: Partition,
    settings: EngineSettings,
    until: Until,
) -> Result<Restored, RestoreError> {
    let ends = log.ends(&ORDER_EVENTS, partition).await?;
    for kept in snapshots.newest_first(partition).await {
        // A snapshot from beyond the end belongs to another log, or this one was set back.
        if kept.events_next > ends.next || kept.events_next < ends.first {
            continue;
        }
        if !is_of_this_log(log, partition, &kept).await? {
            warn!(%partition, events_next = %kept.events_next, "passing over another log's snapshot");
            continue;
        }
        match Engine::restore(partition, settings, &kept.bytes) {
            Ok(engine) if until.covers(&engine) => {
                let restored = Restored { engine, events_next: kept.events_next };
                return catch_up(log, restored, ends.next, until).await;
            }
            Ok(_) => {}
            Err(error) => warn!(%partition, %error, "passing over a snapshot"),
        }
    }
    if ends.first > Offset::ZERO {
        return Err(RestoreError::HistoryGone { partition, first: ends.first });
    }
    let engine = Engine::new(partition, settings);
    catch_up(log, Restored { engine, events_next: Offset::ZERO }, ends.next, until).await
}

/// Whether the snapshot was taken over this very `order-events`: a log that was lost and begun anew
/// may have grown beyond it.
async fn is_of_this_log(
    log: &dyn EventLog,
    partition: Partition,
    kept: &Kept,
) -> Result<bool, LogError> {
    let Some(remembered) = kept.last else { return Ok(true) };
    let before = read_before(log, &ORDER_EVENTS, partition, kept.events_next).await?;
    Ok(before.is_none_or(|record| record.mark() == remembered))
}

/// Makes sure that `orders` still is the log that the decisions were made from: it reaches as far,
/// and the command that was decided last is about the same order.
async fn check_orders(log: &dyn EventLog, restored: &Restored) -> Result<(), RestoreError> {
    let partition = restored.engine.partition();
    let other = |how: String| Err(RestoreError::OtherOrders { partition, how });
    let decided = restored.engine.next_source();
    let orders = log.ends(&ORDERS, partition).await?;
    if orders.next < decided {
        return other(format!("it ends before {}, {decided} were decided", orders.next));
    }
    let Some(decision) = read_before(log, &ORDER_EVENTS, partition, restored.events_next).await?
    else {
        return Ok(());
    };
    let Ok(decision) = Decision::from_json(&decision.payload) else { return Ok(()) };
    let Some(command) = read_one(log, &ORDERS, partition, decision.source.offset).await? else {
        return Ok(());
    };
    let asked = Command::from_json(&command.payload).ok().map(|command| command.command_id());
    let answered = decision.events.first().and_then(order_domain::Event::command_id);
    match (asked, answered) {
        (Some(asked), Some(answered)) if asked != answered => {
            other(format!("at {} it has order {asked}, decided was {answered}", decision.source))
        }
        _ => Ok(()),
    }
}

/// Evolves through the published decisions up to `end` (exclusive), or to that moment, but for those of
/// an engine that did not know of another.
async fn catch_up(
    log: &dyn EventLog,
    mut restored: Restored,
    end: Offset,
    until: Until,
) -> Result<Restored, RestoreError> {
    if restored.events_next >= end {
        return Ok(restored);
    }
    let partition = restored.engine.partition();
    let mut reader = log.read(&ORDER_EVENTS, partition, restored.events_next).await?;
    while restored.events_next < end {
        for record in reader.next(READ).await? {
            let position = record.position;
            if !record.stands_as_expected() {
                restored.events_next = position.offset.next();
                continue;
            }
            let read = Decision::from_json(&record.payload);
            // A rival's late decision on an earlier command changes nothing, and ends nothing.
            if let Ok(decision) = &read
                && decision.source.offset >= restored.engine.next_source()
                && !until.includes(decision)
            {
                return Ok(restored);
            }
            restored.events_next = position.offset.next();
            match read {
                Ok(decision) => {
                    restored.engine.evolve(&decision);
                }
                Err(error) if Decision::is_one(&record.payload) => {
                    return Err(RestoreError::Unreadable { position, error });
                }
                // Somebody else's record decides nothing; the projector makes a dead letter of it.
                Err(error) => warn!(%position, %error, "passing over what is no decision"),
            }
        }
    }
    Ok(restored)
}
