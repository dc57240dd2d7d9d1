//! A log with dead letters in it, and the program.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use event_log::dead_letters as names;
use event_log::topics::{ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{
    BatchLimit, EventLog, Headers, LogSettings, NewRecord, Record, Retention, Topic, TopicSpec,
};
use order_domain::{Offset, Partition};
use serde_json::Value;
use tempfile::TempDir;

/// A command as the producer writes it, of the venue `shop/3`.
pub const COMMAND: &str =
    include_str!("../../../crates/order-domain/tests/golden/new-order.v1.json").trim_ascii_end();

/// Every topic has so many partitions.
pub const PARTITIONS: u32 = 2;

pub struct World {
    folder: TempDir,
    pub log: Arc<dyn EventLog>,
}

impl World {
    /// The topics of the flow, with nothing in them.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("log").display());
        let log = event_log::open(&LogSettings::new(url)).await.unwrap();
        let delays = [std::time::Duration::from_secs(1)];
        let specs = event_log::topics::flow(PARTITIONS, Retention::default(), &delays);
        log.create_topics(&specs).await.unwrap();
        Self { folder, log }
    }

    pub async fn create(&self, topic: &str) -> Topic {
        let topic = Topic::new(topic).unwrap();
        let retention = Retention::default();
        let spec = TopicSpec { topic: topic.clone(), partitions: PARTITIONS, retention };
        self.log.create_topics(&[spec]).await.unwrap();
        topic
    }

    pub async fn append(&self, topic: &Topic, partition: u32, record: NewRecord) {
        self.log.append_all(topic, Partition(partition), vec![record]).await.unwrap();
    }

    /// A dead letter of `orders-dlt`, partition 0, as the engine writes it; the record's key was another
    /// than its venue.
    pub async fn dead_command(&self, payload: &[u8], message: &str) {
        let stands = self.log.ends(&ORDERS_DEAD_LETTERS, Partition(0)).await.unwrap().next;
        let headers = spring(&ORDERS, stands.0)
            .with("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .with(names::EXCEPTION_KIND, "seriatim.UndecodableCommand")
            .with(names::EXCEPTION_MESSAGE, message.to_owned())
            .with(names::HISTORY, format!("1700000000000 orders {message}"));
        let (key, payload) = ("shop/0".into(), payload.to_vec().into());
        self.append(&ORDERS_DEAD_LETTERS, 0, NewRecord { key, payload, headers }).await;
    }

    /// All records of a partition.
    pub async fn records(&self, topic: &Topic, partition: u32) -> Vec<Record> {
        let partition = Partition(partition);
        let end = self.log.ends(topic, partition).await.unwrap().next;
        let mut records = Vec::new();
        if end > Offset::ZERO {
            let mut reader = self.log.read(topic, partition, Offset::ZERO).await.unwrap();
            while (records.len() as u64) < end.0 {
                let limit = BatchLimit { records: 1_000, bytes: usize::MAX };
                records.extend(reader.next(limit).await.unwrap());
            }
        }
        records
    }

    /// A path in the world's folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_diagnostics"));
        command
            .arg("dlt")
            .args(arguments)
            .env("SERIATIM_DATA_DIR", self.folder.path())
            .env_remove("SERIATIM_LOG")
            .env_remove("VISUAL")
            .env_remove("EDITOR")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a sub-command in a terminal of its own, where somebody types `answer`; tells how it ended
    /// and what the terminal showed.
    pub fn at_a_terminal(&self, subcommand: &str, answer: &str) -> (Option<i32>, String) {
        let line = format!("{} dlt {subcommand}", env!("CARGO_BIN_EXE_diagnostics"));
        // script(1) makes the terminal, and with -e ends as the command did.
        let mut terminal = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .env("SERIATIM_DATA_DIR", self.folder.path())
            .env_remove("SERIATIM_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = terminal.stdin.take().unwrap();
        stdin.write_all(answer.as_bytes()).unwrap();
        let output = terminal.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    /// What a sub-command prints that succeeds.
    pub fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.prints(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// The one sentence with which a sub-command fails, and its exit code.
    pub fn fails(&self, arguments: &[&str]) -> (i32, String) {
        failure(&self.run(arguments))
    }

    /// The names of the letters in a state.
    pub fn letters(&self, state: &str) -> Vec<String> {
        let listed = self.json(&["list", "--state", state]);
        let letters = listed["letters"].as_array().unwrap().iter();
        letters.map(|letter| letter["letter"].as_str().unwrap().to_owned()).collect()
    }
}

pub fn failure(output: &Output) -> (i32, String) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let sentence = said.lines().find_map(|line| line.strip_prefix("error: "));
    let sentence = sentence.unwrap_or_else(|| panic!("no sentence: {output:?}"));
    (output.status.code().unwrap(), sentence.to_owned())
}

/// What Spring's headers say of the first attempt of a record that stood at `topic`/0:`offset`.
pub fn spring(topic: &Topic, offset: u64) -> Headers {
    let number = |bytes: &[u8]| bytes::Bytes::copy_from_slice(bytes);
    Headers::new()
        .with(names::ORIGINAL_TOPIC, topic.as_str().to_owned())
        .with(names::ORIGINAL_PARTITION, number(&0_u32.to_be_bytes()))
        .with(names::ORIGINAL_OFFSET, number(&offset.to_be_bytes()))
        .with(names::ORIGINAL_TIMESTAMP, number(&1_700_000_000_000_i64.to_be_bytes()))
        .with(names::ORIGINAL_CONSUMER_GROUP, "seriatim-engine")
        .with(names::ATTEMPTS, number(&1_u32.to_be_bytes()))
}

/// What Kafka Connect's headers say of a record that stood at `clicks/1:offset`.
pub fn connect(offset: u64) -> Headers {
    Headers::new()
        .with("content-type", "text/plain")
        .with("__connect.errors.topic", "clicks")
        .with("__connect.errors.partition", "1")
        .with("__connect.errors.offset", offset.to_string())
        .with("__connect.errors.connector.name", "warehouse")
        .with("__connect.errors.task.id", "0")
        .with("__connect.errors.exception.class.name", "org.example.DataException")
        .with("__connect.errors.exception.message", "no schema")
}
