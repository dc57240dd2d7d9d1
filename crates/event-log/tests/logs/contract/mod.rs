//! What every adapter of the log must do, whatever stands behind it.
//!
//! An adapter's module says how to open the log ([`LogUnderTest`]) and calls
//! [`contract_suite!`](crate::contract_suite). Every test makes topics and groups of its own with
//! names that nobody else has, so the suite runs in parallel and against a broker it shares.

pub mod appending;
pub mod durability;
pub mod membership;
pub mod reading;
pub mod refusing;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use event_log::{
    BatchLimit, EventLog, LogReader, LogSettings, NewRecord, Record, Retention, Topic, TopicSpec,
};
use order_domain::{Offset, Partition};

/// The partitions of every topic of the suite.
pub const PARTITIONS: u32 = 4;

/// How long anything may take before a test calls it stuck.
pub const STUCK: Duration = Duration::from_mins(1);

/// One log that a test may open as often as it likes.
#[async_trait]
pub trait LogUnderTest: Send + Sync {
    /// How another process reaches the same log.
    fn settings(&self) -> LogSettings;

    /// How soon a tail read must see an append through the same client.
    fn wake_up_max(&self) -> Duration;

    /// One more client of the log, as another process would have.
    async fn open(&self) -> Arc<dyn EventLog> {
        event_log::open(&self.settings()).await.expect("the log opens")
    }
}

/// A name that no other test, run or process has.
pub fn unique(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("contract-{name}-{}-{}-{count}", std::process::id(), since_epoch.as_micros())
}

/// A new topic of [`PARTITIONS`] partitions that keeps everything.
pub async fn new_topic(log: &dyn EventLog, name: &str) -> Topic {
    let topic = Topic::new(unique(name)).expect("a topic name");
    let spec =
        TopicSpec { topic: topic.clone(), partitions: PARTITIONS, retention: Retention::default() };
    log.create_topics(&[spec]).await.expect("the topic is made");
    topic
}

/// A record with this payload, and without key and headers.
pub fn payload(text: impl Into<String>) -> NewRecord {
    keyed("", text)
}

/// A record with this key and payload.
pub fn keyed(key: impl Into<String>, text: impl Into<String>) -> NewRecord {
    NewRecord {
        key: key.into().into(),
        payload: text.into().into(),
        headers: event_log::Headers::new(),
    }
}

/// A record's payload as text.
pub fn text(record: &Record) -> String {
    String::from_utf8(record.payload.to_vec()).expect("the suite writes text")
}

/// The payloads of records as texts.
pub fn texts(records: &[Record]) -> Vec<String> {
    records.iter().map(text).collect()
}

/// A limit that only the number of records reaches.
pub const fn records(records: usize) -> BatchLimit {
    BatchLimit { records, bytes: 64 * 1024 * 1024 }
}

/// What `future` gives, unless it takes longer than [`STUCK`].
pub async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(STUCK, future).await.unwrap_or_else(|_| panic!("{what} is stuck"))
}

/// The next `count` records of a reader.
pub async fn take(reader: &mut dyn LogReader, count: usize) -> Vec<Record> {
    let mut taken = Vec::with_capacity(count);
    while taken.len() < count {
        let next = in_time("a read", reader.next(records(count - taken.len()))).await;
        let next = next.expect("a read");
        assert!(!next.is_empty(), "a read gives at least one record");
        taken.extend(next);
    }
    assert_eq!(taken.len(), count, "a read gives no more than its limit");
    taken
}

/// `count` records of a partition from `from` on, by a reader of their own.
pub async fn read_from(
    log: &dyn EventLog,
    topic: &Topic,
    partition: Partition,
    from: Offset,
    count: usize,
) -> Vec<Record> {
    let mut reader = log.read(topic, partition, from).await.expect("a reader");
    take(reader.as_mut(), count).await
}

/// A partition as it stands, from its first record to its last.
pub async fn read_all(log: &dyn EventLog, topic: &Topic, partition: Partition) -> Vec<Record> {
    let ends = log.ends(topic, partition).await.expect("ends");
    let count = usize::try_from(ends.next.0 - ends.first.0).expect("a small topic");
    read_from(log, topic, partition, ends.first, count).await
}

/// The suite as tests; `$log` is a function that gives an `impl LogUnderTest`, or `None`
/// where the tests are to be skipped; it has then said so.
#[macro_export]
macro_rules! contract_suite {
    ($log:path) => {
        $crate::contract_suite!(@tests $log;
            appending::one_key_keeps_the_order_of_its_caller,
            appending::callers_at_once_lose_and_mix_nothing,
            appending::a_key_goes_to_the_partition_that_kafka_gives_it,
            appending::a_batch_keeps_its_order_and_its_neighbourhood,
            appending::an_empty_batch_writes_nothing,
            appending::a_large_batch_is_written_whole,
            appending::offsets_count_up_from_zero,
            appending::timestamps_are_now_and_never_go_back,
            appending::key_headers_and_payload_come_back_as_they_were,
            appending::an_empty_record_comes_back_empty,
            appending::the_largest_record_fits,
            reading::reads_resume_from_any_position,
            reading::ends_follow_what_is_written,
            reading::a_batch_stops_at_its_records_and_its_bytes,
            reading::a_tail_wakes_up_promptly,
            reading::a_tail_of_another_client_wakes_up_too,
            reading::a_dropped_read_loses_nothing,
            reading::two_readers_see_the_same_order,
            reading::a_read_beyond_the_end_is_out_of_range,
            durability::a_second_client_reads_what_was_acknowledged,
            durability::a_closed_log_opens_again_with_everything,
            membership::one_member_gets_every_partition,
            membership::a_second_member_takes_its_share_and_leaves_the_rest_alone,
            membership::a_member_that_leaves_gives_up_its_share_at_once,
            membership::the_share_of_a_crashed_member_is_taken_over,
            membership::a_member_that_restarts_finds_its_share_again,
            membership::groups_share_a_topic_without_knowing_of_one_another,
            membership::a_dropped_wait_loses_no_change,
            refusing::a_record_too_large_is_refused,
            refusing::a_topic_that_does_not_exist_is_refused,
            refusing::a_topic_made_twice_stays_as_it_is,
            refusing::a_closed_log_refuses_everything,
            refusing::closing_finishes_what_was_begun,
        );

        #[tokio::test(flavor = "multi_thread")]
        async fn acknowledged_records_survive_kill_9() {
            use $crate::contract::durability;
            if durability::is_the_child() {
                return durability::append_until_killed().await;
            }
            let Some(log) = $log() else { return };
            durability::acknowledged_records_survive_kill_9(&log, module_path!()).await;
        }
    };
    (@tests $log:path; $($module:ident :: $test:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let Some(log) = $log() else { return };
                $crate::contract::$module::$test(&log).await;
            }
        )*
    };
}
