//! Single records of the log, to know it again by.

use event_log::{BatchLimit, EventLog, LogError, Record, Topic};
use order_domain::{Offset, Partition};

const ONE: BatchLimit = BatchLimit { records: 1, bytes: 1 };

/// The record at `offset`, which must be before the partition's end; `None` where retention has
/// removed it.
pub(crate) async fn read_one(
    log: &dyn EventLog,
    topic: &Topic,
    partition: Partition,
    offset: Offset,
) -> Result<Option<Record>, LogError> {
    if log.ends(topic, partition).await?.first > offset {
        return Ok(None);
    }
    let mut reader = log.read(topic, partition, offset).await?;
    Ok(reader.next(ONE).await?.into_iter().next())
}

/// The record before `next`; `None` where there was none or retention has removed it.
pub(crate) async fn read_before(
    log: &dyn EventLog,
    topic: &Topic,
    partition: Partition,
    next: Offset,
) -> Result<Option<Record>, LogError> {
    match next.0.checked_sub(1) {
        Some(offset) => read_one(log, topic, partition, Offset(offset)).await,
        None => Ok(None),
    }
}
