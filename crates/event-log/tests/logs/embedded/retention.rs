//! Old records go, and their offsets are never given again.

use std::time::Duration;

use event_log::{EventLog, LogError, Retention, Topic, TopicSpec};
use order_domain::{Offset, Partition};

use super::embedded;
use crate::contract::{LogUnderTest, STUCK, in_time, payload, read_all, records, unique};

const PARTITION: Partition = Partition(1);

async fn topic_that_keeps(log: &dyn EventLog, retention: Retention) -> Topic {
    let topic = Topic::new(unique("retention")).expect("a topic name");
    let spec = TopicSpec { topic: topic.clone(), partitions: 2, retention };
    log.create_topics(&[spec]).await.expect("the topic is made");
    topic
}

async fn first_reaches(log: &dyn EventLog, topic: &Topic, first: Offset) {
    let reached = async {
        while log.ends(topic, PARTITION).await.expect("ends").first < first {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(STUCK, reached).await.expect("the records go");
}

#[tokio::test]
async fn a_partition_keeps_no_more_bytes_than_it_may() {
    let under_test = embedded();
    let log = under_test.open().await;
    let bound = Retention { bytes: Some(10_000), age: None };
    let topic = topic_that_keeps(log.as_ref(), bound).await;
    // More than one step removes. Two partitions may have 20,000 bytes together.
    for n in 0..600 {
        let written = (0..4).map(|m| payload(format!("{:0100}", 4 * n + m))).collect();
        log.append_all(&topic, PARTITION, written).await.expect("append");
    }
    first_reaches(log.as_ref(), &topic, Offset(2200)).await;
    let ends = log.ends(&topic, PARTITION).await.expect("ends");
    assert_eq!((ends.first, ends.next), (Offset(2200), Offset(2400)));
    assert_eq!(read_all(log.as_ref(), &topic, PARTITION).await.len(), 200);

    let other = under_test.open().await;
    for client in [log, other] {
        let mut reader = client.read(&topic, PARTITION, Offset(2199)).await.expect("a reader");
        match in_time("a read", reader.next(records(1))).await {
            Err(LogError::OutOfRange { wanted, first, next }) => {
                assert_eq!((wanted, first, next), (Offset(2199), Offset(2200), Offset(2400)));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn offsets_go_on_where_every_record_has_gone_by_age() {
    let under_test = embedded();
    let log = under_test.open().await;
    let bound = Retention { age: Some(Duration::from_millis(300)), bytes: None };
    let topic = topic_that_keeps(log.as_ref(), bound).await;
    log.append_all(&topic, PARTITION, vec![payload("a"), payload("b")]).await.expect("append");
    log.close().await;
    drop(log);

    // Nobody writes here any more, yet what is old goes.
    let log = under_test.open().await;
    first_reaches(log.as_ref(), &topic, Offset(2)).await;
    let ends = log.ends(&topic, PARTITION).await.expect("ends");
    assert_eq!((ends.first, ends.next), (Offset(2), Offset(2)));
    let appended = log.append_all(&topic, PARTITION, vec![payload("c")]).await.expect("append");
    assert_eq!(appended[0].position.offset, Offset(2));
}
