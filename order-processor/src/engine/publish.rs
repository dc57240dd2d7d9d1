//! Appending what was decided, and noticing another writer.

use event_log::topics::{ORDER_EVENTS, ORDERS_DEAD_LETTERS};
use event_log::{EventLog, LogError};
use order_domain::{Offset, Partition};

use super::batch::Decided;

/// Why the decisions may not be in the log as they should.
#[derive(Debug, thiserror::Error)]
pub(super) enum PublishError {
    /// The log failed; a part may have been written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The decisions do not stand where they were expected to: another engine has written in
    /// between. Those that stand elsewhere do not count.
    #[error("another engine writes to this partition")]
    Deposed,
}

/// Publishes a batch and answers where the next one will stand. `events_next` is where this one
/// must stand if nobody else writes to the partition.
///
/// Dead letters go first: a crash in between repeats them, but never loses one.
pub(super) async fn publish(
    log: &dyn EventLog,
    partition: Partition,
    events_next: Offset,
    decided: Decided,
) -> Result<Offset, PublishError> {
    if !decided.dead_letters.is_empty() {
        log.append_all(&ORDERS_DEAD_LETTERS, partition, decided.dead_letters).await?;
    }
    let appended = log.append_all(&ORDER_EVENTS, partition, decided.decisions).await?;
    let mut next = events_next;
    for answer in appended {
        if answer.position.offset != next {
            return Err(PublishError::Deposed);
        }
        next = next.next();
    }
    Ok(next)
}
