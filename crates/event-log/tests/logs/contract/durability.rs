//! What was acknowledged is there, whatever happens to the process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use event_log::{LogSettings, Topic};
use order_domain::{Offset, Partition, Position};

use super::{LogUnderTest, PARTITIONS, STUCK, keyed, new_topic, payload, read_all, texts};

/// Names the topic that a child process appends to.
const CHILD_TOPIC: &str = "EVENT_LOG_CONTRACT_CHILD_TOPIC";
/// The log that the child opens.
const CHILD_URL: &str = "EVENT_LOG_CONTRACT_CHILD_URL";
/// Callers that append at once in the child.
const CHILD_CALLERS: usize = 8;

pub async fn a_second_client_reads_what_was_acknowledged(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "second-client").await;
    let other = under_test.open().await;
    for n in 1..=10_u64 {
        log.append_all(&topic, Partition(0), vec![payload(n.to_string())]).await.expect("append");
        assert_eq!(other.ends(&topic, Partition(0)).await.expect("ends").next, Offset(n));
    }
}

pub async fn a_closed_log_opens_again_with_everything(under_test: &dyn LogUnderTest) {
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "again").await;
    log.append_all(&topic, Partition(3), vec![payload("a"), payload("b")]).await.expect("append");
    log.close().await;
    drop(log);

    let log = under_test.open().await;
    assert_eq!(log.partition_count(&topic).await.expect("a count"), PARTITIONS);
    log.append_all(&topic, Partition(3), vec![payload("c")]).await.expect("append");
    assert_eq!(texts(&read_all(log.as_ref(), &topic, Partition(3)).await), ["a", "b", "c"]);
}

/// Whether this process is the one to be killed.
pub fn is_the_child() -> bool {
    std::env::var_os(CHILD_TOPIC).is_some()
}

/// Appends and prints every acknowledged position with its payload, until somebody kills it.
pub async fn append_until_killed() {
    let url = std::env::var(CHILD_URL).expect("the log's URL");
    let topic = Topic::new(std::env::var(CHILD_TOPIC).expect("a topic")).expect("a topic");
    let log = event_log::open(&LogSettings::new(url)).await.expect("the log opens");
    let callers = (0..CHILD_CALLERS).map(|caller| {
        let (log, topic) = (log.clone(), topic.clone());
        tokio::spawn(async move {
            for n in 0_u64.. {
                let payload = format!("{}-{caller}-{n}", std::process::id());
                let record = keyed(format!("shop/{caller}"), payload.clone());
                let position = log.append(&topic, record).await.expect("append").position;
                let line = format!("acknowledged {position} {payload}\n");
                std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent listens");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("a caller");
    }
}

/// Kills a child that appends, some times over, and looks for what it had acknowledged. The child runs
/// the test of this name in the module at `module_path`.
pub async fn acknowledged_records_survive_kill_9(under_test: &dyn LogUnderTest, module_path: &str) {
    const ROUNDS: u64 = 3;
    let (_program, module) = module_path.split_once("::").expect("the suite is in a module");
    let test = format!("{module}::acknowledged_records_survive_kill_9");
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "killed").await;
    let mut acknowledged = BTreeMap::new();
    for round in 0..ROUNDS {
        let url = under_test.settings().url;
        let (test, topic) = (test.clone(), topic.clone());
        let patience = Duration::from_millis(50 + round * 70);
        let lines =
            tokio::task::spawn_blocking(move || run_and_kill(&test, &url, &topic, patience));
        let lines = lines.await.expect("the child ran");
        assert!(!lines.is_empty(), "the child acknowledged something");
        acknowledged.extend(lines);
    }

    let mut found = BTreeMap::new();
    for partition in (0..PARTITIONS).map(Partition) {
        for record in read_all(log.as_ref(), &topic, partition).await {
            found.insert(record.position, super::text(&record));
        }
    }
    for (position, payload) in &acknowledged {
        assert_eq!(found.get(position), Some(payload), "acknowledged at {position}");
    }
    let mut payloads: Vec<&String> = found.values().collect();
    payloads.sort();
    payloads.dedup();
    assert_eq!(payloads.len(), found.len(), "nothing is there twice");
}

/// What a child acknowledged that was killed `patience` after its first acknowledgement.
pub fn run_and_kill(
    test: &str,
    url: &str,
    topic: &Topic,
    patience: Duration,
) -> Vec<(Position, String)> {
    let mut child = Command::new(std::env::current_exe().expect("this test's program"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD_TOPIC, topic.as_str())
        .env(CHILD_URL, url)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let output = child.stdout.take().expect("the child's output");
    let (to_parent, lines) = std::sync::mpsc::channel();
    let listener = std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(answer) = parse_acknowledgement(&line) {
                to_parent.send(answer).expect("the parent listens");
            }
        }
    });
    let first = lines.recv_timeout(STUCK);
    std::thread::sleep(patience);
    child.kill().expect("the child is killed");
    child.wait().expect("the child has ended");
    listener.join().expect("the listener");
    first.into_iter().chain(lines.try_iter()).collect()
}

/// A whole line of the child; the last one may have been cut short.
fn parse_acknowledgement(line: &str) -> Option<(Position, String)> {
    let mut words = line.split("acknowledged ").nth(1)?.split(' ');
    let position = words.next()?.parse().ok()?;
    let payload = words.next()?;
    let whole = payload.split('-').filter(|part| !part.is_empty()).count() == 3;
    whole.then(|| (position, payload.to_owned()))
}
