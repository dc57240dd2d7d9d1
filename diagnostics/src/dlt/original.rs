//! The record behind a dead letter of which only headers were kept.
//!
//! A share group's dead letter holds the record itself only where its group asks for copies
//! (KIP-1191, `errors.deadletterqueue.copy.record.enable`). Without, it names where the record stands.

use std::time::Duration;

use event_log::{BatchLimit, EventLog, LogError, Record};
use tokio::time::timeout;

use super::failure::{Dialect, Failure};

const ONE: BatchLimit = BatchLimit { records: 1, bytes: 1 };

/// How long the record is waited for. Behind it there may be none to come, where it was compacted
/// away.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Whether `record` has no more than headers, because that is all that was kept.
pub(super) fn is_elsewhere(record: &Record, failure: &Failure) -> bool {
    let has_nothing = record.key.is_empty() && record.payload.is_empty();
    has_nothing && failure.dialect == Some(Dialect::ShareGroup)
}

/// The record where it stood when it failed; `None` where it is no longer kept.
pub(super) async fn look_up(
    log: &dyn EventLog,
    failure: &Failure,
) -> Result<Option<Record>, LogError> {
    let Some(origin) = failure.origin() else { return Ok(None) };
    let (topic, position) = (&origin.topic, origin.position);
    match log.partition_count(topic).await {
        Ok(count) if position.partition.0 < count => {}
        Ok(_) | Err(LogError::NoSuchTopic(_)) => return Ok(None),
        Err(error) => return Err(error),
    }
    let ends = log.ends(topic, position.partition).await?;
    if !(ends.first..ends.next).contains(&position.offset) {
        return Ok(None);
    }
    let mut reader = log.read(topic, position.partition, position.offset).await?;
    let Ok(records) = timeout(WAIT_MAX, reader.next(ONE)).await else { return Ok(None) };
    Ok(records?.into_iter().find(|record| record.position == position))
}
