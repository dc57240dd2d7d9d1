//! Readers: where they begin, how they wait, what they may not lose.

use std::time::{Duration, Instant};

use event_log::{BatchLimit, EventLog, LogError, LogReader, Topic};
use order_domain::{Offset, Partition};

use super::{LogUnderTest, in_time, new_topic, payload, read_from, records, take, texts};

const PARTITION: Partition = Partition(1);

pub async fn reads_resume_from_any_position(under_test: &dyn LogUnderTest) {
    const COUNT: usize = 30;
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "resume").await;
    let all: Vec<String> = (0..COUNT).map(|n| n.to_string()).collect();
    let written = all.iter().map(payload).collect();
    log.append_all(&topic, PARTITION, written).await.expect("append");
    let other = under_test.open().await;
    for client in [&log, &other] {
        for from in [0, 1, 13, COUNT - 1] {
            let offset = Offset(from as u64);
            let read = read_from(client.as_ref(), &topic, PARTITION, offset, COUNT - from).await;
            assert_eq!(texts(&read), all[from..]);
            assert_eq!(read[0].position.offset, offset);
        }
    }
}

pub async fn ends_follow_what_is_written(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "ends").await;
    let ends = log.ends(&topic, PARTITION).await.expect("ends");
    assert_eq!((ends.first, ends.next), (Offset(0), Offset(0)));
    let three = vec![payload("a"), payload("b"), payload("c")];
    log.append_all(&topic, PARTITION, three).await.expect("append");
    let other = under_test.open().await;
    for client in [&log, &other] {
        let ends = client.ends(&topic, PARTITION).await.expect("ends");
        assert_eq!((ends.first, ends.next), (Offset(0), Offset(3)));
        let ends = client.ends(&topic, Partition(0)).await.expect("ends");
        assert_eq!((ends.first, ends.next), (Offset(0), Offset(0)));
    }
}

pub async fn a_batch_stops_at_its_records_and_its_bytes(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "limits").await;
    let written = (0..20).map(|n| payload(format!("{n:0100}"))).collect();
    log.append_all(&topic, PARTITION, written).await.expect("append");
    let other = under_test.open().await;
    for client in [log, other] {
        let mut reader = client.read(&topic, PARTITION, Offset(0)).await.expect("a reader");
        let by_records = in_time("a read", reader.next(records(3))).await.expect("a read");
        assert!((1..=3).contains(&by_records.len()), "{}", by_records.len());
        let next = Offset(by_records.len() as u64);

        let limit = BatchLimit { records: 100, bytes: 450 };
        let by_bytes = in_time("a read", reader.next(limit)).await.expect("a read");
        assert!((1..=4).contains(&by_bytes.len()), "{}", by_bytes.len());
        assert_eq!(by_bytes[0].position.offset, next);

        let limit = BatchLimit { records: 100, bytes: 1 };
        let one = in_time("a read", reader.next(limit)).await.expect("a read");
        assert_eq!(one.len(), 1, "a record comes whatever its size");
    }
}

/// A busy machine may be late now and then; a tail that polls always is.
pub async fn a_tail_wakes_up_promptly(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "tail").await;
    let mut reader = log.read(&topic, PARTITION, Offset(0)).await.expect("a reader");
    let began = Instant::now();
    loop {
        let mut waits = Vec::new();
        for _ in 0..10 {
            let waited;
            (reader, waited) = wake_up(log.as_ref(), &topic, reader).await;
            waits.push(waited);
        }
        waits.sort();
        if waits[waits.len() / 2] <= under_test.wake_up_max() {
            return;
        }
        assert!(began.elapsed() < super::STUCK, "it is always late: {waits:?}");
    }
}

/// How long after its acknowledgement the tail has a record.
async fn wake_up(
    log: &dyn EventLog,
    topic: &Topic,
    mut reader: Box<dyn LogReader>,
) -> (Box<dyn LogReader>, Duration) {
    let tail = tokio::spawn(async move {
        let read = take(reader.as_mut(), 1).await;
        (reader, read, Instant::now())
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    log.append_all(topic, PARTITION, vec![payload("awake")]).await.expect("append");
    let acknowledged = Instant::now();
    let (reader, read, seen) = in_time("the tail", tail).await.expect("the tail");
    assert_eq!(texts(&read), ["awake"]);
    (reader, seen.saturating_duration_since(acknowledged))
}

pub async fn a_tail_of_another_client_wakes_up_too(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let other = under_test.open().await;
    let topic = new_topic(log.as_ref(), "other-tail").await;
    let mut reader = other.read(&topic, PARTITION, Offset(0)).await.expect("a reader");
    for n in 0..5 {
        let append = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            log.append_all(&topic, PARTITION, vec![payload(n.to_string())]).await.expect("append");
        };
        let (read, ()) = tokio::join!(take(reader.as_mut(), 1), append);
        assert_eq!(texts(&read), [n.to_string()]);
    }
}

pub async fn a_dropped_read_loses_nothing(under_test: &dyn LogUnderTest) {
    const COUNT: usize = 200;
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "dropped").await;
    let writer = {
        let (log, topic) = (log.clone(), topic.clone());
        tokio::spawn(async move {
            for n in 0..COUNT {
                let record = vec![payload(n.to_string())];
                log.append_all(&topic, PARTITION, record).await.expect("append");
            }
        })
    };
    let other = under_test.open().await;
    let mut reader = other.read(&topic, PARTITION, Offset(0)).await.expect("a reader");
    let mut read = Vec::new();
    let started = Instant::now();
    for attempt in 0_u64.. {
        assert!(started.elapsed() < super::STUCK, "stuck after {} records", read.len());
        // Waits of many lengths, from "hardly polled once" on.
        let patience = Duration::from_micros(attempt % 40 * 100);
        if let Ok(next) = tokio::time::timeout(patience, reader.next(records(3))).await {
            read.extend(texts(&next.expect("a read")));
        }
        if read.len() >= COUNT {
            break;
        }
    }
    writer.await.expect("the writer");
    assert_eq!(read, (0..COUNT).map(|n| n.to_string()).collect::<Vec<_>>());
}

pub async fn two_readers_see_the_same_order(under_test: &dyn LogUnderTest) {
    const WRITERS: usize = 4;
    const EACH: usize = 50;
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "two-readers").await;
    let mut early = log.read(&topic, PARTITION, Offset(0)).await.expect("a reader");
    let early = tokio::spawn(async move { take(early.as_mut(), WRITERS * EACH).await });
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (log, topic) = (under_test.open().await, topic.clone());
        writers.push(tokio::spawn(async move {
            for n in 0..EACH {
                let record = vec![payload(format!("{writer} {n}"))];
                log.append_all(&topic, PARTITION, record).await.expect("append");
            }
        }));
    }
    for writer in writers {
        in_time("a writer", writer).await.expect("a writer");
    }
    let early = in_time("the tail", early).await.expect("the tail");
    let late = under_test.open().await;
    let late = read_from(late.as_ref(), &topic, PARTITION, Offset(0), WRITERS * EACH).await;
    assert_eq!(early, late);
    for (n, record) in early.iter().enumerate() {
        assert_eq!(record.position.offset, Offset(n as u64), "no gap");
    }
}

pub async fn a_read_beyond_the_end_is_out_of_range(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "beyond").await;
    log.append_all(&topic, PARTITION, vec![payload("a"), payload("b")]).await.expect("append");
    for wanted in [Offset(3), Offset(1_000_000)] {
        let mut reader = log.read(&topic, PARTITION, wanted).await.expect("a reader");
        let error = in_time("a read", reader.next(records(1))).await.expect_err("out of range");
        match error {
            LogError::OutOfRange { wanted: named, first, next } => {
                assert_eq!((named, first, next), (wanted, Offset(0), Offset(2)));
            }
            other => panic!("{other:?}"),
        }
    }
    // The end itself is where a tail begins.
    let mut reader = log.read(&topic, PARTITION, Offset(2)).await.expect("a reader");
    let append = log.append_all(&topic, PARTITION, vec![payload("c")]);
    let (read, appended) = tokio::join!(take(reader.as_mut(), 1), append);
    appended.expect("append");
    assert_eq!(texts(&read), ["c"]);
}
