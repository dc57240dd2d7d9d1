//! A disk that takes no more: nothing is acknowledged that is not there, and it goes on by itself
//! once there is room. (That SQLite's own "full" is understood is tested beside the writer.)

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use event_log::{LogError, LogSettings, Topic};
use order_domain::{Offset, Partition};

use super::{embedded, noise};
use crate::contract::{LogUnderTest, new_topic, payload, read_all, text};

const NAME: &str = "embedded::disk::a_file_that_may_not_grow_stops_appends_until_it_may";
const TOPIC: &str = "EVENT_LOG_DISK_TOPIC";
const URL: &str = "EVENT_LOG_DISK_URL";
/// The largest file that the child may write, in blocks of 512 bytes: 2 MiB.
const BLOCKS: &str = "4096";

/// Appends until nothing fits any more, waits for a word, and appends once more.
async fn child(topic: String) {
    let url = std::env::var(URL).expect("the log's URL");
    let topic = Topic::new(topic).expect("a topic");
    let log = event_log::open(&LogSettings::new(url)).await.expect("the log opens");
    let record = |n: usize| vec![payload(format!("{n} {}", noise(n as u64, 50_000)))];
    let mut acknowledged = 0;
    let error = loop {
        match log.append_all(&topic, Partition(0), record(acknowledged)).await {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 1000, "the limit holds");
    };
    assert!(matches!(error, LogError::Unavailable(_)), "{error:?}");
    assert!(error.is_retryable());
    let again = log.append_all(&topic, Partition(0), record(acknowledged)).await;
    assert!(matches!(again, Err(LogError::Unavailable(_))), "{again:?}");
    println!("\nfull after {acknowledged}");

    std::io::stdin().read_line(&mut String::new()).expect("a word");
    let last = log.append_all(&topic, Partition(0), record(acknowledged)).await.expect("append");
    log.check().await.expect("ready again");
    println!("\nwent on at {}", last[0].position.offset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_grow_stops_appends_until_it_may() {
    if let Ok(topic) = std::env::var(TOPIC) {
        return child(topic).await;
    }
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "disk").await;
    let program = std::env::current_exe().expect("this test's program");
    // The shell sets the limit, has its signal ignored, and becomes the child.
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f \"$1\"; shift; exec \"$@\"", "sh", BLOCKS])
        .arg(program)
        .args(["--exact", NAME, "--nocapture"])
        .env(TOPIC, topic.as_str())
        .env(URL, under_test.settings().url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut number_after = |words: &str| {
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with(words));
        let line = line.unwrap_or_else(|| panic!("the child never said {words:?}"));
        line[words.len()..].trim().parse::<u64>().expect("a number")
    };
    let acknowledged = number_after("full after");
    assert!(acknowledged > 3, "{acknowledged}");
    let lifted = Command::new("prlimit")
        .args(["--pid", &child.id().to_string(), "--fsize=unlimited:"])
        .status()
        .expect("prlimit, of util-linux");
    assert!(lifted.success());
    child.stdin.take().expect("its input").write_all(b"go on\n").expect("a word");
    assert_eq!(number_after("went on at"), acknowledged);
    assert!(child.wait().expect("its end").success());

    let read = read_all(log.as_ref(), &topic, Partition(0)).await;
    assert_eq!(read.len() as u64, acknowledged + 1);
    for (n, record) in read.iter().enumerate() {
        assert_eq!(record.position.offset, Offset(n as u64));
        assert!(text(record).starts_with(&format!("{n} ")));
    }
}
