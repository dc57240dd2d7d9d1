//! Appends a second through the log, against a bare rdkafka producer, in one run over one broker;
//! and what readers cost in threads and memory.
//!
//! ```sh
//! eval "$(setup/services start kafka)"
//! cargo bench -p event-log --bench kafka_appends
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use event_log::{EventLog, Headers, KafkaLog, LogSettings, NewRecord, Retention, Topic, TopicSpec};
use futures_util::future::join_all;
use order_domain::{Offset, Partition};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};

const PARTITIONS: u32 = 8;
const PAYLOAD_BYTES: usize = 600;
const MEASURED: Duration = Duration::from_secs(4);
const ROUNDS: usize = 3;
const READERS: u32 = 24;

#[tokio::main]
async fn main() {
    let url = std::env::var("SERIATIM_TEST_KAFKA").expect("setup/services start kafka");
    let brokers = url.strip_prefix("kafka://").expect("a Kafka URL");
    let log = Arc::new(KafkaLog::connect(brokers, &LogSettings::new(&url)).expect("a log"));
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    let topic = Topic::new(format!("bench-{}", since_epoch.as_millis())).expect("a name");
    let spec =
        TopicSpec { topic: topic.clone(), partitions: PARTITIONS, retention: Retention::default() };
    log.create_topics(&[spec]).await.expect("the topic is made");
    let bare: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("linger.ms", "0.5")
        .create()
        .expect("a producer");

    println!("| callers | KafkaLog, appends/s | bare FutureProducer, appends/s | ratio |");
    println!("|---|---|---|---|");
    for callers in [1, 64, 256] {
        for _ in 0..ROUNDS {
            let own = through_the_log(&log, &topic, callers).await;
            let other = through_rdkafka(&bare, &topic, callers).await;
            println!("| {callers} | {own:.0} | {other:.0} | {:.2} |", own / other);
        }
    }

    let before = (status("Threads:"), status("VmRSS:"));
    let mut readers = Vec::new();
    for n in 0..READERS {
        let partition = Partition(n % PARTITIONS);
        let next = log.ends(&topic, partition).await.expect("ends").next;
        let mut reader = log.read(&topic, partition, Offset(next.0)).await.expect("a reader");
        readers.push(tokio::spawn(async move {
            let limit = event_log::BatchLimit { records: 1, bytes: 1 };
            reader.next(limit).await.map(|_| reader)
        }));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = (status("Threads:"), status("VmRSS:"));
    println!(
        "{READERS} readers: threads {} -> {}, RSS {} -> {} KiB",
        before.0, after.0, before.1, after.1
    );
}

fn payload() -> String {
    "0123456789abcdef".repeat(PAYLOAD_BYTES / 16)
}

async fn through_the_log(log: &Arc<KafkaLog>, topic: &Topic, callers: usize) -> f64 {
    let (log, topic) = (log.clone(), topic.clone());
    per_second(callers, move |key| {
        let (log, topic) = (log.clone(), topic.clone());
        async move {
            let record =
                NewRecord { key: key.into(), payload: payload().into(), headers: Headers::new() };
            log.append(&topic, record).await.expect("an append");
        }
    })
    .await
}

async fn through_rdkafka(producer: &FutureProducer, topic: &Topic, callers: usize) -> f64 {
    let (producer, topic) = (producer.clone(), topic.clone());
    per_second(callers, move |key| {
        let (producer, topic) = (producer.clone(), topic.clone());
        async move {
            let payload = payload();
            let record = FutureRecord::to(topic.as_str()).key(&key).payload(&payload);
            producer.send(record, Duration::from_secs(5)).await.expect("an append");
        }
    })
    .await
}

/// How often a second `callers` finish `append`, each one call after the other with a key of its
/// own.
async fn per_second<F: Future<Output = ()> + Send + 'static>(
    callers: usize,
    append: impl Fn(String) -> F + Clone + Send + Sync + 'static,
) -> f64 {
    let started = Instant::now();
    let tasks = (0..callers).map(|caller| {
        let append = append.clone();
        tokio::spawn(async move {
            let mut done = 0_u32;
            while started.elapsed() < MEASURED {
                append(format!("shop/{caller}")).await;
                done += 1;
            }
            done
        })
    });
    let done = join_all(tasks.collect::<Vec<_>>()).await;
    let done: u32 = done.into_iter().map(|done| done.expect("a caller")).sum();
    f64::from(done) / started.elapsed().as_secs_f64()
}

/// A number of `/proc/self/status`.
fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a known name");
    line.trim().trim_end_matches(" kB").to_owned()
}
