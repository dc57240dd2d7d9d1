//! The store's checkpoints lie within the log.

use std::collections::BTreeMap;

use event_log::{EventLog, LogError, Topic};
use order_domain::{Offset, Partition};
use order_store::{Checkpoint, StreamId};

use super::kind::Kind;
use super::report::Report;

/// Looks at every stream that the store has read from. The store was asked before the log.
pub(super) async fn check(
    log: &dyn EventLog,
    checkpoints: &BTreeMap<StreamId, Checkpoint>,
    report: &mut Report,
) -> Result<(), LogError> {
    for (stream, checkpoint) in checkpoints {
        let topic = Topic::new(stream.topic.clone())?;
        let next = checkpoint.next;
        match end(log, &topic, stream.partition).await {
            Ok(Some(end)) if next <= end => {}
            Ok(Some(end)) => {
                let what = format!("the store has read up to {next}, the log ends before {end}");
                report.found(Kind::CheckpointBeyondLog, stream, what);
            }
            Ok(None) => {
                let what = "the store has read it, and the log does not have it";
                report.found(Kind::CheckpointBeyondLog, stream, what);
            }
            Err(LogError::Corrupt(why)) => report.found(Kind::DamagedLog, stream, why),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Where a partition ends; `None` where there is none.
async fn end(
    log: &dyn EventLog,
    topic: &Topic,
    partition: Partition,
) -> Result<Option<Offset>, LogError> {
    match log.partition_count(topic).await {
        Ok(partitions) if partition.0 < partitions => {
            Ok(Some(log.ends(topic, partition).await?.next))
        }
        Ok(_) | Err(LogError::NoSuchTopic(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
