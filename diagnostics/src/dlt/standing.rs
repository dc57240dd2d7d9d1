//! Every letter, with what has become of it: for those who only look.

use event_log::{EventLog, Topic};
use order_domain::Partition;

use super::ledger::Ledger;
pub(crate) use super::ledger::StateName;
use super::letter::Letter;
use crate::stretch::Stretch;

/// Calls `each` with all letters of `topics`, which must be there, up to where their partitions end now.
/// What is kept in memory grows with the number of letters.
pub(crate) async fn each_letter(
    log: &dyn EventLog,
    topics: &[Topic],
    mut each: impl FnMut(&Letter, StateName),
) -> anyhow::Result<()> {
    let ledger = Ledger::read(log, topics).await?;
    for topic in topics {
        for partition in (0..log.partition_count(topic).await?).map(Partition) {
            let mut stretch = Stretch::whole(log, topic, partition).await?;
            while let Some(records) = stretch.next().await? {
                for record in records {
                    let letter = Letter::of(topic, record);
                    each(&letter, ledger.state(&letter).name());
                }
            }
        }
    }
    Ok(())
}
