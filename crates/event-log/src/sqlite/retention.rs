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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::{Purpose, connection, create_topic, partition_state, topic_file};
    use super::*;
    use crate::{Topic, TopicSpec};

    /// What is left of `(timestamp, size)` when records go one by one, oldest first.
    fn naive(records: &[(i64, usize)], retention: Retention, now: i64) -> usize {
        let oldest = retention.age.map(|age| now - i64::try_from(age.as_millis()).expect("short"));
        let mut left = records;
        while let Some(((timestamp, _), rest)) = left.split_first() {
            let bytes: usize = left.iter().map(|(_, size)| size).sum();
            let too_old = oldest.is_some_and(|oldest| *timestamp < oldest);
            let too_much = retention.bytes.is_some_and(|max| bytes as u64 > max);
            if !too_old && !too_much {
                break;
            }
            left = rest;
        }
        left.len()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn what_stays_is_what_a_naive_log_keeps(
            mut records in proptest::collection::vec((0_i64..1000, 0_usize..200), 0..60),
            age in proptest::option::of(0_u64..1200),
            bytes in proptest::option::of(0_u64..6000),
        ) {
            records.sort_by_key(|(timestamp, _)| *timestamp);
            let retention = Retention { age: age.map(Duration::from_millis), bytes };
            let directory = tempfile::tempdir().expect("a folder");
            let topic = Topic::new("kept").expect("a name");
            let spec = TopicSpec { topic: topic.clone(), partitions: 1, retention };
            create_topic(directory.path(), &spec).expect("the topic is made");
            let path = topic_file::path(directory.path(), &topic).expect("a path");
            let file = connection::open(&path, Purpose::Write).expect("it opens");
            let mut partitions = partition_state::load_all(&file).expect("the states");
            for (timestamp, size) in &records {
                let row = params![partitions[0].next.cast_signed(), timestamp, vec![0_u8; *size]];
                file.execute("insert into record values (0, ?, ?, null, null, ?)", row)
                    .expect("a row");
                partitions[0].next += 1;
                partitions[0].payload_bytes += *size as u64;
            }

            let now = 1000;
            let done = step(&file, &mut partitions, retention, Timestamp(now)).expect("a step");
            prop_assert_eq!(done, Step::Done);
            let left = naive(&records, retention, now);
            prop_assert_eq!(partitions[0].next - partitions[0].first, left as u64);
            let (count, bytes): (i64, i64) = file
                .query_row(
                    "select count(*), coalesce(sum(length(payload)), 0) from record",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .expect("a count");
            prop_assert_eq!(count.cast_unsigned(), left as u64);
            prop_assert_eq!(bytes.cast_unsigned(), partitions[0].payload_bytes);
        }
    }
}
