//! Going on where a stream is projected to, if it still is the same stream.
//!
//! The store outlives a log whose files were deleted, or a topic that was made anew. What the new
//! one has below the checkpoint would be passed over in silence: so the record before the checkpoint
//! must be the one that the store remembers.

use event_log::{EventLog, LogError, LogReader, Topic};
use order_domain::{Offset, Partition};
use order_store::Checkpoint;

use crate::one_record::read_before;

/// Why a stream can't be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResumeError {
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store was filled from another log.
    #[error(
        "{topic} of partition {partition} is not the log that the store was filled from: {how}. \
         Bring back the lost log, or begin with an empty store, and restart: the store is filled \
         again from the log"
    )]
    OtherLog { topic: Topic, partition: Partition, how: String },
}

/// Reads `topic` from the checkpoint on.
pub(super) async fn resume(
    log: &dyn EventLog,
    topic: &Topic,
    partition: Partition,
    checkpoint: Checkpoint,
) -> Result<Box<dyn LogReader>, ResumeError> {
    let next = checkpoint.next;
    let end = log.ends(topic, partition).await?.next;
    let other = |how| Err(ResumeError::OtherLog { topic: topic.clone(), partition, how });
    if end < next {
        return other(format!("it ends before {end}, the store has what came before {next}"));
    }
    if let Some(remembered) = checkpoint.last
        && let Some(record) = read_before(log, topic, partition, next).await?
        && record.mark() != remembered
    {
        let Offset(offset) = record.position.offset;
        return other(format!(
            "the record at {offset} is not the one that the store has seen there"
        ));
    }
    Ok(log.read(topic, partition, next).await?)
}
