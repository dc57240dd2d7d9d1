//! What callers see of a broker that crashes, restarts or is away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use event_log::{
    Appended, BatchLimit, EventLog, Headers, LogError, LogSettings, NewRecord, Retention, Topic,
    TopicSpec,
};
use order_domain::{Offset, Partition};
use tokio::task::spawn_blocking;

use super::broker::{self, PrivateBroker};

const LIMIT: BatchLimit = BatchLimit { records: 1000, bytes: 1024 * 1024 };
/// How long anything may take before a test calls it stuck.
const STUCK: Duration = Duration::from_mins(1);
const ZERO: Partition = Partition(0);

fn record(text: impl Into<String>) -> NewRecord {
    NewRecord { key: "shop/1".into(), payload: text.into().into(), headers: Headers::new() }
}

async fn private_broker() -> Arc<PrivateBroker> {
    Arc::new(spawn_blocking(|| PrivateBroker::start(&[])).await.expect("it starts"))
}

async fn open(settings: &LogSettings) -> Arc<dyn EventLog> {
    event_log::open(settings).await.expect("the log opens")
}

async fn new_topic(log: &dyn EventLog) -> Topic {
    let topic = Topic::new("faults").expect("a name");
    let spec = TopicSpec { topic: topic.clone(), partitions: 1, retention: Retention::default() };
    log.create_topics(&[spec]).await.expect("the topic is made");
    topic
}

/// Kills the broker and starts it again `down` later.
async fn crash(broker: &Arc<PrivateBroker>, down: Duration) {
    let killed = broker.clone();
    spawn_blocking(move || killed.kill()).await.expect("it is killed");
    tokio::time::sleep(down).await;
    let started = broker.clone();
    spawn_blocking(move || started.start_again()).await.expect("it starts again");
}

/// Everything in partition 0, as text by offset.
async fn all(log: &dyn EventLog, topic: &Topic) -> BTreeMap<Offset, String> {
    let next = log.ends(topic, ZERO).await.expect("ends").next;
    let mut reader = log.read(topic, ZERO, Offset::ZERO).await.expect("a reader");
    let mut found = BTreeMap::new();
    while found.len() < usize::try_from(next.0).expect("a small topic") {
        let read = tokio::time::timeout(STUCK, reader.next(LIMIT)).await.expect("in time");
        for record in read.expect("a read") {
            let text = String::from_utf8(record.payload.to_vec()).expect("text");
            assert!(found.insert(record.position.offset, text).is_none(), "read twice");
        }
    }
    found
}

/// What the callers of a test share.
#[derive(Default)]
struct Load {
    stop: AtomicBool,
    acknowledged: AtomicU64,
}

impl Load {
    /// Waits until `more` appends were acknowledged from now on.
    async fn goes_on(&self, more: u64) {
        let (started, goal) = (Instant::now(), self.acknowledged.load(Ordering::Relaxed) + more);
        while self.acknowledged.load(Ordering::Relaxed) < goal {
            assert!(started.elapsed() < STUCK, "appends don't come back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Appends `caller:0`, `caller:1`, ... one after the other until told to stop, and returns what was
/// acknowledged.
async fn append_until_stopped(
    log: Arc<dyn EventLog>,
    topic: Topic,
    caller: usize,
    load: Arc<Load>,
) -> Vec<(Appended, String)> {
    let mut acknowledged = Vec::new();
    for n in 0_u64.. {
        if load.stop.load(Ordering::Relaxed) {
            break;
        }
        let text = format!("{caller}:{n}");
        match log.append(&topic, record(text.clone())).await {
            Ok(appended) => {
                acknowledged.push((appended, text));
                load.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_broker_loses_and_doubles_nothing_acknowledged() {
    const CALLERS: usize = 8;
    const KILLS: usize = 3;
    const APPENDS_BETWEEN_KILLS: u64 = 1000;
    if broker::skipped("a broker that is killed") {
        return;
    }
    let broker = private_broker().await;
    let log = open(&broker.settings()).await;
    let topic = new_topic(log.as_ref()).await;

    // Reads from before the first kill until after the last.
    let mut reader = log.read(&topic, ZERO, Offset::ZERO).await.expect("a reader");
    let tail = tokio::spawn(async move {
        let mut seen = Vec::new();
        loop {
            for record in reader.next(LIMIT).await.expect("a reader rides out restarts") {
                if record.payload == "end" {
                    return seen;
                }
                seen.push((record.position.offset, record.timestamp, record.payload));
            }
        }
    });
    let load = Arc::new(Load::default());
    let append = |n| append_until_stopped(log.clone(), topic.clone(), n, load.clone());
    let callers: Vec<_> = (0..CALLERS).map(|n| tokio::spawn(append(n))).collect();
    for _ in 0..KILLS {
        load.goes_on(APPENDS_BETWEEN_KILLS).await;
        crash(&broker, Duration::from_millis(100)).await;
    }
    load.goes_on(APPENDS_BETWEEN_KILLS).await;
    load.stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for caller in callers {
        acknowledged.push(caller.await.expect("a caller"));
    }
    log.append_all(&topic, ZERO, vec![record("end")]).await.expect("the end");
    let seen = tokio::time::timeout(STUCK, tail).await.expect("the tail ends").expect("the tail");

    let mut texts: Vec<_> = seen.iter().map(|(_, _, payload)| payload.clone()).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), seen.len(), "a record is there twice");
    let by_offset: BTreeMap<_, _> =
        seen.iter().map(|(offset, timestamp, payload)| (*offset, (*timestamp, payload))).collect();
    for own in &acknowledged {
        for (appended, text) in own {
            let (timestamp, payload) = by_offset[&appended.position.offset];
            assert_eq!((payload.as_ref(), timestamp), (text.as_bytes(), appended.timestamp));
        }
        assert!(own.is_sorted_by_key(|(appended, _)| appended.position), "a caller's order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_leaves_a_prefix() {
    const BATCH: usize = 200;
    const BATCHES_AT_ONCE: usize = 4;
    if broker::skipped("batches and a killed broker") {
        return;
    }
    let broker = private_broker().await;
    let mut settings = broker.settings();
    // So short that the producer is given up while the broker is away, and again.
    settings.append_timeout = Duration::from_millis(200);
    let log = open(&settings).await;
    let topic = new_topic(log.as_ref()).await;

    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..BATCHES_AT_ONCE)
        .map(|caller| {
            let (log, topic, stop) = (log.clone(), topic.clone(), stop.clone());
            tokio::spawn(async move {
                let (mut succeeded, mut failed) = (Vec::new(), 0);
                for n in 0_u64.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let batch = (0..BATCH).map(|i| record(format!("{caller}/{n}:{i}"))).collect();
                    match log.append_all(&topic, ZERO, batch).await {
                        Ok(_) => succeeded.push(format!("{caller}/{n}")),
                        Err(error) => {
                            assert!(error.is_retryable(), "{error:?}");
                            failed += 1;
                        }
                    }
                }
                (succeeded, failed)
            })
        })
        .collect();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        crash(&broker, Duration::from_millis(1500)).await;
    }
    // Appends go on by themselves, over a new producer.
    let started = Instant::now();
    for attempt in 0_u64.. {
        assert!(started.elapsed() < STUCK, "appends don't come back");
        if log.append(&topic, record(format!("again/{attempt}:0"))).await.is_ok() {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let (mut succeeded, mut failed) = (Vec::new(), 0);
    for caller in callers {
        let (own_succeeded, own_failed) = caller.await.expect("a caller");
        succeeded.extend(own_succeeded);
        failed += own_failed;
    }
    assert!(!succeeded.is_empty() && failed > 0, "{} and {failed}", succeeded.len());

    let mut batches: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for text in all(log.as_ref(), &topic).await.into_values() {
        let (batch, index) = text.split_once(':').expect("batch and index");
        batches.entry(batch.to_owned()).or_default().push(index.parse().expect("a number"));
    }
    for (batch, indexes) in &batches {
        assert!(indexes.iter().copied().eq(0..indexes.len()), "{batch} has {indexes:?}");
    }
    for batch in succeeded {
        assert_eq!(batches.get(&batch).map(Vec::len), Some(BATCH), "{batch} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_at_first_is_used_once_it_is_there() {
    if broker::skipped("a broker that is away at first") {
        return;
    }
    let broker = private_broker().await;
    let topic = new_topic(open(&broker.settings()).await.as_ref()).await;
    let away = broker.clone();
    spawn_blocking(move || away.stop()).await.expect("it stops");

    let log = open(&broker.settings()).await;
    // A probe tells it sooner than an append would.
    let patience = broker.settings().append_timeout;
    let check = tokio::time::timeout(patience, log.check()).await.expect("it answers in time");
    let error = check.expect_err("the broker is away");
    assert!(matches!(error, LogError::Unavailable(_)), "{error:?}");
    let error = log.append(&topic, record("too early")).await.expect_err("the broker is away");
    assert!(error.is_retryable(), "{error:?}");

    let back = broker.clone();
    spawn_blocking(move || back.start_again()).await.expect("it starts");
    let appended = tokio::time::timeout(STUCK, async {
        loop {
            match log.append(&topic, record("in time")).await {
                Ok(appended) => return appended,
                Err(error) => assert!(error.is_retryable(), "{error:?}"),
            }
        }
    });
    let appended = appended.await.expect("it comes back");
    let found = all(log.as_ref(), &topic).await;
    assert_eq!(found[&appended.position.offset], "in time");
    log.check().await.expect("the broker is there");
}
