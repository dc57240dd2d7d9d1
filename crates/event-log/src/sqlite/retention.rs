//! Letting the oldest records go.

use order_domain::Timestamp;
use rusqlite::{Connection, params};

use super::partition_state::PartitionState;
use crate::Retention;

/// How many records of a partition one step removes at most, so that no append waits long.
pub const STEP_RECORDS_MAX: u32 = 1000;

/// Whether a step was the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There may be more to remove.
    More,
    /// All that is left is to be kept.
    Done,
}

/// Removes, from each partition, up to [`STEP_RECORDS_MAX`] of the oldest records that are older
/// or more than `retention` allows.
pub fn step(
    connection: &Connection,
    partitions: &mut [PartitionState],
    retention: Retention,
    now: Timestamp,
) -> rusqlite::Result<Step> {
    let oldest = retention.age.map_or(i64::MIN, |age| {
        now.0.saturating_sub_unsigned(age.as_millis().try_into().unwrap_or(u64::MAX))
    });
    let bytes_max = retention.bytes.unwrap_or(u64::MAX);
    let mut step = Step::Done;
    for (index, partition) in partitions.iter_mut().enumerate() {
        let before = *partition;
        drop_oldest(connection, index, partition, oldest, bytes_max)?;
        if partition.first == before.first {
            continue;
        }
        connection
            .prepare_cached("delete from record where partition = ? and offset < ?")?
            .execute(params![index.cast_signed(), partition.first.cast_signed()])?;
        if partition.first - before.first == u64::from(STEP_RECORDS_MAX) {
            step = Step::More;
        }
    }
    Ok(step)
}

/// Moves the partition's beginning past the records that may go.
fn drop_oldest(
    connection: &Connection,
    index: usize,
    partition: &mut PartitionState,
    oldest: i64,
    bytes_max: u64,
) -> rusqlite::Result<()> {
    if partition.first == partition.next {
        return Ok(());
    }
    let mut select = connection.prepare_cached(
        "select offset, timestamp, length(payload) from record
         where partition = ? and offset >= ? order by offset limit ?",
    )?;
    let first = partition.first.cast_signed();
    let mut rows = select.query(params![index.cast_signed(), first, STEP_RECORDS_MAX])?;
    while let Some(row) = rows.next()? {
        let timestamp: i64 = row.get(1)?;
        if timestamp >= oldest && partition.payload_bytes <= bytes_max {
            break;
        }
        partition.first = row.get::<_, i64>(0)?.cast_unsigned() + 1;
        partition.payload_bytes -= row.get::<_, i64>(2)?.cast_unsigned();
    }
    Ok(())
}
