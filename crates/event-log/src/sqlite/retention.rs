//! Letting the oldest records go, a batch at a time.

use order_domain::Timestamp;
use rusqlite::Connection;

use super::batch::{BatchHead, Share};
use super::batches;
use crate::Retention;

/// How many batches one step removes at most, so that no append waits long.
pub const STEP_BATCHES_MAX: u32 = 256;

/// Whether a step was the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There may be more to remove.
    More,
    /// All that is left is to be kept.
    Done,
}

/// Removes up to [`STEP_BATCHES_MAX`] of the oldest batches that `retention` lets go. The newest is
/// never removed but emptied, because it says where every partition goes on.
pub fn step(
    connection: &Connection,
    newest: &mut BatchHead,
    retention: Retention,
    now: Timestamp,
) -> rusqlite::Result<Step> {
    let bounds = Bounds::new(retention, newest, now);
    let oldest = batches::oldest_heads(connection, STEP_BATCHES_MAX)?;
    let gone = oldest.iter().take_while(|batch| bounds.let_go(batch)).count();
    let Some(last_gone) = gone.checked_sub(1).map(|index| &oldest[index]) else {
        return Ok(Step::Done);
    };
    if last_gone.sequence < newest.sequence {
        batches::remove_before(connection, last_gone.sequence + 1)?;
    } else if newest.shares.iter().any(|share| share.count > 0) {
        newest.sequence += 1;
        for share in &mut newest.shares {
            *share = Share { next: share.next, count: 0, bytes: 0 };
        }
        batches::insert(connection, newest, &[])?;
        batches::remove_before(connection, newest.sequence)?;
    }
    Ok(if gone == oldest.len() && gone == STEP_BATCHES_MAX as usize {
        Step::More
    } else {
        Step::Done
    })
}

struct Bounds {
    /// A batch that was written before this goes.
    oldest: i64,
    /// A batch goes when it ends at this many payload bytes since the topic was made, or before:
    /// what comes after it is as much as is to be kept.
    payload_bytes: Option<u64>,
}

impl Bounds {
    fn new(retention: Retention, newest: &BatchHead, now: Timestamp) -> Self {
        let oldest = retention.age.map_or(i64::MIN, |age| {
            now.0.saturating_sub_unsigned(age.as_millis().try_into().unwrap_or(u64::MAX))
        });
        let kept = retention.bytes.map(|bytes| bytes.saturating_mul(newest.shares.len() as u64));
        let payload_bytes = kept.and_then(|kept| newest.payload_bytes.checked_sub(kept));
        Self { oldest, payload_bytes }
    }

    fn let_go(&self, batch: &BatchHead) -> bool {
        let records = batch.shares.iter().any(|share| share.count > 0);
        let too_much = self.payload_bytes.is_some_and(|bytes| batch.payload_bytes <= bytes);
        !records || batch.timestamp.0 < self.oldest || too_much
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::{Purpose, connection, create_topic, topic_file};
    use super::*;
    use crate::{Topic, TopicSpec};

    /// How many of the batches `(timestamp, size)` are left when they go one by one, oldest first.
    fn naive(batches: &[(i64, u64)], retention: Retention, now: i64) -> usize {
        let oldest = retention.age.map(|age| now - i64::try_from(age.as_millis()).expect("short"));
        let mut left = batches;
        while let Some(((timestamp, _), rest)) = left.split_first() {
            let too_old = oldest.is_some_and(|oldest| *timestamp < oldest);
            let rest_bytes: u64 = rest.iter().map(|(_, size)| size).sum();
            if !too_old && retention.bytes.is_none_or(|kept| rest_bytes < kept) {
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
            mut written in proptest::collection::vec((0_i64..1000, 1_u64..200), 0..60),
            age in proptest::option::of(0_u64..1200),
            bytes in proptest::option::of(0_u64..6000),
        ) {
            written.sort_by_key(|(timestamp, _)| *timestamp);
            let retention = Retention { age: age.map(Duration::from_millis), bytes };
            let directory = tempfile::tempdir().expect("a folder");
            let topic = Topic::new("kept").expect("a name");
            let spec = TopicSpec { topic: topic.clone(), partitions: 1, retention };
            create_topic(directory.path(), &spec).expect("the topic is made");
            let path = topic_file::path(directory.path(), &topic).expect("a path");
            let file = connection::open(&path, Purpose::Write).expect("it opens");
            let mut newest = batches::newest(&file).expect("the first, empty batch");
            for (timestamp, size) in &written {
                newest.sequence += 1;
                newest.timestamp = Timestamp(*timestamp);
                newest.payload_bytes += size;
                newest.shares[0] = Share { next: newest.shares[0].next + 1, count: 1, bytes: 3 };
                batches::insert(&file, &newest, &[0, 0, 0]).expect("a batch");
            }

            let now = 1000;
            let done = step(&file, &mut newest, retention, Timestamp(now)).expect("a step");
            prop_assert_eq!(done, Step::Done);
            let left = naive(&written, retention, now);
            let ends = batches::ends(&file, order_domain::Partition(0)).expect("the ends");
            prop_assert_eq!(ends.next.0, written.len() as u64);
            prop_assert_eq!(ends.next.0 - ends.first.0, left as u64);
            prop_assert_eq!(&batches::newest(&file).expect("there is always one"), &newest);
            let count: i64 = file
                .query_row("select count(*) from batch", [], |row| row.get(0))
                .expect("a count");
            let expected = if written.is_empty() { 1 } else { left.max(1) };
            prop_assert_eq!(count.cast_unsigned(), expected as u64);
        }
    }
}
