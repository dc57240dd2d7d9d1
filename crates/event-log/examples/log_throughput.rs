//! How fast the log is on this machine: `cargo run --release -p event-log --example log_throughput
//! [url]`. Without a URL it takes an embedded log in a temporary directory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_log::{
    BatchLimit, EventLog, Headers, LogSettings, NewRecord, Retention, Topic, TopicSpec,
};
use futures_util::future::join_all;
use order_domain::{Offset, Partition};

const PARTITIONS: u32 = 8;
const APPENDING: Duration = Duration::from_secs(3);
const BATCH_RECORDS: usize = 1000;
const BATCHES: usize = 300;
const READ_LIMIT: BatchLimit = BatchLimit { records: 1000, bytes: 4 * 1024 * 1024 };

/// A record about as large as a small purchase.
fn record(caller: usize, payload_bytes: usize) -> NewRecord {
    NewRecord {
        key: format!("shop/{caller}").into(),
        payload: vec![b'x'; payload_bytes].into(),
        headers: Headers::new()
            .with("ce_id", "0192f0c1-4a7e-7cc0-a1a1-6f1df0a3b001")
            .with("ce_type", "seriatim.order.new.v1"),
    }
}

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir_in(".").expect("a temporary directory");
    let embedded = || format!("sqlite:{}", directory.path().display());
    let url = std::env::args().nth(1).unwrap_or_else(embedded);
    let settings = LogSettings::new(url);
    let log = event_log::open(&settings).await.expect("the log opens");

    println!("{:<44} {:>12} {:>10} {:>10}", "", "records/s", "p50", "p99");
    for callers in [1, 64, 256] {
        let topic = new_topic(log.as_ref(), &format!("callers-{callers}")).await;
        append_singly(&log, &topic, callers).await;
    }
    for payload_bytes in [100, 600] {
        let topic = new_topic(log.as_ref(), &format!("batches-{payload_bytes}")).await;
        append_batches(log.as_ref(), &topic, payload_bytes).await;
        read_all(log.as_ref(), &topic, payload_bytes).await;
    }
    let topic = new_topic(log.as_ref(), "tail").await;
    tail(&log, &topic).await;
    log.close().await;
}

async fn new_topic(log: &dyn EventLog, name: &str) -> Topic {
    let topic = Topic::new(format!("throughput-{name}-{}", std::process::id())).expect("a name");
    let spec =
        TopicSpec { topic: topic.clone(), partitions: PARTITIONS, retention: Retention::default() };
    log.create_topics(&[spec]).await.expect("the topic is made");
    topic
}

/// Callers that each wait for one append before the next.
async fn append_singly(log: &Arc<dyn EventLog>, topic: &Topic, callers: usize) {
    let started = Instant::now();
    let tasks = (0..callers).map(|caller| {
        let (log, topic) = (Arc::clone(log), topic.clone());
        tokio::spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < APPENDING {
                let begun = Instant::now();
                log.append(&topic, record(caller, 600)).await.expect("append");
                times.push(begun.elapsed());
            }
            times
        })
    });
    let times = join_all(tasks).await.into_iter().flat_map(|times| times.expect("a caller"));
    let times: Vec<_> = times.collect();
    report(&format!("append, {callers} callers, 600 bytes"), times.len(), started.elapsed(), times);
}

/// One caller a partition, [`BATCH_RECORDS`] records a call.
async fn append_batches(log: &dyn EventLog, topic: &Topic, payload_bytes: usize) {
    let started = Instant::now();
    let batches = (0..PARTITIONS).map(Partition).map(|partition| async move {
        let mut times = Vec::new();
        for _ in 0..BATCHES / PARTITIONS as usize {
            let records = (0..BATCH_RECORDS).map(|n| record(n, payload_bytes)).collect();
            let begun = Instant::now();
            log.append_all(topic, partition, records).await.expect("append");
            times.push(begun.elapsed());
        }
        times
    });
    let times: Vec<_> = join_all(batches).await.into_iter().flatten().collect();
    let count = times.len() * BATCH_RECORDS;
    report(&format!("append_all, {payload_bytes} bytes"), count, started.elapsed(), times);
}

async fn read_all(log: &dyn EventLog, topic: &Topic, payload_bytes: usize) {
    let (started, mut count, mut times) = (Instant::now(), 0, Vec::new());
    for partition in (0..PARTITIONS).map(Partition) {
        let next = log.ends(topic, partition).await.expect("ends").next;
        let mut reader = log.read(topic, partition, Offset::ZERO).await.expect("a reader");
        let mut at = Offset::ZERO;
        while at < next {
            let begun = Instant::now();
            let batch = reader.next(READ_LIMIT).await.expect("a read");
            times.push(begun.elapsed());
            count += batch.len();
            at = batch.last().map_or(at, |record| record.position.offset.next());
        }
    }
    report(&format!("read, {payload_bytes} bytes"), count, started.elapsed(), times);
}

/// From the append's acknowledgement, at 1,000 appends a second, to the tail having the record.
async fn tail(log: &Arc<dyn EventLog>, topic: &Topic) {
    const COUNT: usize = 3000;
    let partition = Partition(0);
    let mut reader = log.read(topic, partition, Offset::ZERO).await.expect("a reader");
    let started = Instant::now();
    let reading = tokio::spawn(async move {
        let mut seen = Vec::with_capacity(COUNT);
        while seen.len() < COUNT {
            let batch = reader.next(READ_LIMIT).await.expect("a read");
            let now = Instant::now();
            seen.extend(batch.iter().map(|_| now));
        }
        seen
    });
    let mut begun = Vec::with_capacity(COUNT);
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    for n in 0..COUNT {
        ticks.tick().await;
        begun.push(Instant::now());
        log.append_all(topic, partition, vec![record(n, 600)]).await.expect("append");
    }
    let seen = reading.await.expect("the tail");
    let times = begun.iter().zip(&seen).map(|(begun, seen)| *seen - *begun).collect();
    report("append to tail read, one caller", COUNT, started.elapsed(), times);
}

fn report(what: &str, count: usize, elapsed: Duration, mut times: Vec<Duration>) {
    times.sort();
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let per_second = u128::try_from(count).unwrap_or(u128::MAX) * 1000 / elapsed.as_millis().max(1);
    println!("{what:<44} {per_second:>12} {p50:>10.1?} {p99:>10.1?}");
}
