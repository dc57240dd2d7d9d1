//! What a log refuses, and how it says so.

use event_log::{
    GroupId, LogError, MemberId, NewRecord, RECORD_BYTES_MAX, Retention, Topic, TopicSpec,
};
use futures_util::future::join_all;
use order_domain::{Offset, Partition};

use super::{LogUnderTest, PARTITIONS, in_time, new_topic, payload, records, texts, unique};

pub async fn a_record_too_large_is_refused(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "too-large").await;
    let large = NewRecord {
        key: "k".into(),
        payload: vec![0; RECORD_BYTES_MAX].into(),
        headers: event_log::Headers::new(),
    };
    let refused = |error: LogError| match error {
        LogError::TooLarge { bytes, max } => {
            assert_eq!((bytes, max), (RECORD_BYTES_MAX + 1, RECORD_BYTES_MAX));
        }
        other => panic!("{other:?}"),
    };
    refused(log.append(&topic, large.clone()).await.expect_err("too large"));
    let batch = vec![payload("fits"), large];
    refused(log.append_all(&topic, Partition(0), batch).await.expect_err("too large"));
    // Nothing of a batch is written where one record of it can never be.
    assert_eq!(log.ends(&topic, Partition(0)).await.expect("ends").next, Offset::ZERO);
}

pub async fn a_topic_that_does_not_exist_is_refused(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = Topic::new(unique("nowhere")).expect("a topic name");
    let zero = Partition(0);
    let (group, member) = (GroupId(unique("group")), MemberId("a".into()));
    let errors = [
        log.partition_count(&topic).await.err(),
        log.append(&topic, payload("x")).await.err(),
        log.append_all(&topic, zero, vec![payload("x")]).await.err(),
        log.ends(&topic, zero).await.err(),
        log.read(&topic, zero, Offset::ZERO).await.err(),
        log.join(&group, &topic, &member).await.err(),
    ];
    for (call, error) in errors.into_iter().enumerate() {
        let named = matches!(&error, Some(LogError::NoSuchTopic(name)) if name == topic.as_str());
        assert!(named, "call {call}: {error:?}");
    }
}

pub async fn a_topic_made_twice_stays_as_it_is(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "twice").await;
    log.append_all(&topic, Partition(0), vec![payload("a")]).await.expect("append");
    let spec = TopicSpec {
        topic: topic.clone(),
        partitions: PARTITIONS + 3,
        retention: Retention::default(),
    };
    log.create_topics(&[spec]).await.expect("a topic that is there is no error");
    assert_eq!(log.partition_count(&topic).await.expect("a count"), PARTITIONS);
    assert_eq!(log.ends(&topic, Partition(0)).await.expect("ends").next, Offset(1));
}

pub async fn a_closed_log_refuses_everything(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "closed").await;
    log.append_all(&topic, Partition(0), vec![payload("a")]).await.expect("append");
    log.check().await.expect("an open log is ready");
    let mut reader = log.read(&topic, Partition(0), Offset(1)).await.expect("a reader");
    let waiting = tokio::spawn(async move { reader.next(records(1)).await });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    in_time("close", log.close()).await;
    in_time("a second close", log.close()).await;

    let zero = Partition(0);
    let (group, member) = (GroupId(unique("group")), MemberId("a".into()));
    let spec = TopicSpec { topic: topic.clone(), partitions: 1, retention: Retention::default() };
    let errors = [
        log.create_topics(&[spec]).await.err(),
        log.partition_count(&topic).await.err(),
        log.append(&topic, payload("x")).await.err(),
        log.append_all(&topic, zero, vec![payload("x")]).await.err(),
        log.ends(&topic, zero).await.err(),
        log.read(&topic, zero, Offset::ZERO).await.err(),
        log.join(&group, &topic, &member).await.err(),
        log.check().await.err(),
        in_time("the waiting reader", waiting).await.expect("the reader's task").err(),
    ];
    for (call, error) in errors.into_iter().enumerate() {
        assert!(matches!(error, Some(LogError::Closed)), "call {call}: {error:?}");
    }
}

pub async fn closing_finishes_what_was_begun(under_test: &dyn LogUnderTest) {
    const APPENDS: usize = 200;
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "closing").await;
    let appends = (0..APPENDS).map(|n| {
        let (log, topic) = (log.clone(), topic.clone());
        tokio::spawn(async move {
            let record = vec![payload(n.to_string())];
            log.append_all(&topic, Partition(0), record).await.map(|_| n.to_string())
        })
    });
    let appends: Vec<_> = appends.collect();
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    in_time("close", log.close()).await;

    let mut acknowledged = Vec::new();
    for answer in in_time("the appends", join_all(appends)).await {
        match answer.expect("an append's task") {
            Ok(text) => acknowledged.push(text),
            Err(error) => assert!(matches!(error, LogError::Closed), "{error:?}"),
        }
    }
    let log = under_test.open().await;
    let mut found = texts(&super::read_all(log.as_ref(), &topic, Partition(0)).await);
    found.sort();
    acknowledged.sort();
    assert_eq!(found, acknowledged);
}
