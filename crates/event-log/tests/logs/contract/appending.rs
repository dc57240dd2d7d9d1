//! Order, positions and content of what is appended.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use event_log::{Headers, NewRecord, RECORD_BYTES_MAX, partition_of_key};
use futures_util::future::join_all;
use order_domain::{Offset, Partition, Timestamp};

use super::{
    LogUnderTest, PARTITIONS, in_time, keyed, new_topic, payload, read_all, read_from, texts,
};

pub async fn one_key_keeps_the_order_of_its_caller(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "one-key").await;
    let mut offsets = Vec::new();
    for n in 0..50 {
        let appended = log.append(&topic, keyed("shop/1", n.to_string())).await.expect("append");
        offsets.push(appended.position.offset);
    }
    assert!(offsets.is_sorted(), "{offsets:?}");
    let partition = partition_of_key(b"shop/1", PARTITIONS);
    let read = texts(&read_all(log.as_ref(), &topic, partition).await);
    assert_eq!(read, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
}

pub async fn callers_at_once_lose_and_mix_nothing(under_test: &dyn LogUnderTest) {
    const CALLERS: usize = 32;
    const EACH: usize = 20;
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "callers").await;
    let callers = (0..CALLERS).map(|caller| {
        let (log, topic) = (log.clone(), topic.clone());
        tokio::spawn(async move {
            let mut appended = Vec::new();
            for n in 0..EACH {
                let record = keyed(format!("shop/{caller}"), format!("{caller} {n}"));
                let position = log.append(&topic, record).await.expect("append").position;
                appended.push((position, format!("{caller} {n}")));
            }
            appended
        })
    });
    let mut answered = BTreeMap::new();
    for appended in in_time("the appends", join_all(callers)).await {
        let appended = appended.expect("a caller");
        assert!(appended.iter().is_sorted_by_key(|(position, _)| *position));
        answered.extend(appended);
    }
    assert_eq!(answered.len(), CALLERS * EACH, "no position is given twice");

    let mut found = BTreeMap::new();
    for partition in (0..PARTITIONS).map(Partition) {
        for record in read_all(log.as_ref(), &topic, partition).await {
            found.insert(record.position, super::text(&record));
        }
    }
    assert_eq!(found, answered);
}

pub async fn a_key_goes_to_the_partition_that_kafka_gives_it(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "keys").await;
    assert_eq!(log.partition_count(&topic).await.expect("a count"), PARTITIONS);
    for key in (0..20).map(|n| format!("shop/{n}")) {
        let appended = log.append(&topic, keyed(key.clone(), "")).await.expect("append");
        assert_eq!(appended.position.partition, partition_of_key(key.as_bytes(), PARTITIONS));
        let stored = read_from(
            log.as_ref(),
            &topic,
            appended.position.partition,
            appended.position.offset,
            1,
        )
        .await;
        assert_eq!(stored[0].key, key);
    }
}

pub async fn a_batch_keeps_its_order_and_its_neighbourhood(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "batch").await;
    let partition = Partition(2);
    let mut expected = Vec::new();
    for batch in 0..5 {
        let batch: Vec<String> = (0..40).map(|n| format!("{batch} {n}")).collect();
        let records = batch.iter().map(payload).collect();
        let appended = log.append_all(&topic, partition, records).await.expect("append");
        assert_eq!(appended.len(), batch.len());
        for (n, answer) in appended.iter().enumerate() {
            let offset = Offset((expected.len() + n) as u64);
            assert_eq!(answer.position, order_domain::Position::new(partition, offset));
        }
        expected.extend(batch);
    }
    assert_eq!(texts(&read_all(log.as_ref(), &topic, partition).await), expected);
}

pub async fn an_empty_batch_writes_nothing(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "empty-batch").await;
    let appended = log.append_all(&topic, Partition(0), Vec::new()).await.expect("append");
    assert!(appended.is_empty());
    assert_eq!(log.ends(&topic, Partition(0)).await.expect("ends").next, Offset::ZERO);
}

/// More than any queue of an adapter may want to hold at once.
pub async fn a_large_batch_is_written_whole(under_test: &dyn LogUnderTest) {
    const COUNT: usize = 300;
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "large-batch").await;
    let filler = "x".repeat(100_000);
    let records = (0..COUNT).map(|n| payload(format!("{n} {filler}"))).collect();
    let appended = in_time("the batch", log.append_all(&topic, Partition(1), records)).await;
    assert_eq!(appended.expect("append").len(), COUNT);
    let read = read_all(log.as_ref(), &topic, Partition(1)).await;
    for (n, record) in read.iter().enumerate() {
        assert!(record.payload.starts_with(format!("{n} x").as_bytes()));
    }
    assert_eq!(read.len(), COUNT);
}

pub async fn offsets_count_up_from_zero(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "offsets").await;
    for partition in (0..PARTITIONS).map(Partition) {
        for n in 0..3 {
            let appended =
                log.append_all(&topic, partition, vec![payload("x")]).await.expect("append");
            assert_eq!(appended[0].position.partition, partition);
            assert_eq!(appended[0].position.offset, Offset(n));
        }
    }
}

pub async fn timestamps_are_now_and_never_go_back(under_test: &dyn LogUnderTest) {
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        Timestamp(i64::try_from(since.as_millis()).expect("this side of the year 292,000,000"))
    };
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "timestamps").await;
    let before = now();
    let mut answered = Vec::new();
    for n in 0..20 {
        let appended = log
            .append_all(&topic, Partition(0), vec![payload(n.to_string()), payload("and one more")])
            .await
            .expect("append");
        answered.extend(appended.iter().map(|appended| appended.timestamp));
    }
    let after = now();
    assert!(answered.is_sorted(), "{answered:?}");
    assert!(answered.iter().all(|t| (before..=after).contains(t)), "{before:?} {answered:?}");
    let read = read_all(log.as_ref(), &topic, Partition(0)).await;
    assert_eq!(read.iter().map(|record| record.timestamp).collect::<Vec<_>>(), answered);
}

pub async fn key_headers_and_payload_come_back_as_they_were(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "content").await;
    let record = NewRecord {
        key: vec![0, 255, 10, 13, 128].into(),
        payload: (0..=255).collect::<Vec<u8>>().into(),
        headers: Headers::new()
            .with("ce_type", "order.placed")
            .with("naïve", vec![0, 1, 254, 255])
            .with("empty", "")
            .with("ce_type", "the same name once more")
            .with("long", vec![7; 1000]),
    };
    let position = log.append(&topic, record.clone()).await.expect("append").position;
    let read = read_from(log.as_ref(), &topic, position.partition, position.offset, 1).await;
    assert_eq!(read[0].position, position);
    assert_eq!(read[0].key, record.key);
    assert_eq!(read[0].payload, record.payload);
    assert_eq!(read[0].headers, record.headers);

    // A client that did not write it sees the same.
    let other = under_test.open().await;
    assert_eq!(
        read_from(other.as_ref(), &topic, position.partition, position.offset, 1).await,
        read
    );
}

pub async fn an_empty_record_comes_back_empty(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "empty").await;
    let position = log.append(&topic, NewRecord::default()).await.expect("append").position;
    let other = under_test.open().await;
    for log in [log, other] {
        let read = read_from(log.as_ref(), &topic, position.partition, position.offset, 1).await;
        assert!(read[0].key.is_empty() && read[0].payload.is_empty());
        assert_eq!(read[0].headers, Headers::new());
    }
}

pub async fn the_largest_record_fits(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "largest").await;
    let record = NewRecord {
        key: "key".into(),
        payload: vec![b'x'; RECORD_BYTES_MAX - 3 - 10].into(),
        headers: Headers::new().with("12345", "67890"),
    };
    assert_eq!(record.size(), RECORD_BYTES_MAX);
    let position = log.append(&topic, record.clone()).await.expect("append").position;
    let read = read_from(log.as_ref(), &topic, position.partition, position.offset, 1).await;
    assert_eq!(read[0].payload, record.payload);
}
