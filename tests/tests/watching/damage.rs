//! A deployment that is sound, copies of it, and what somebody may do to a copy's files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{
    BatchLimit, EventLog, LogSettings, NewRecord, Record, Retention, Topic, TopicSpec,
};
use order_domain::{Offset, Partition, Position};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::Value;
use tests::market::{limit, seeded};
use tests::{Client, House, Profile, purchase};

/// Nothing that is waited for takes longer.
const WAIT_MAX: Duration = Duration::from_secs(90);

/// Everything is in one partition.
const PARTITION: Partition = Partition(0);

/// How many purchases there are.
pub const PURCHASES: u64 = 20;

/// A house whose program has stopped: purchases, one of them refused and one that came twice, and a market
/// on which something was traded.
pub async fn sound() -> House {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = seeded(house.with("SERIATIM_TOPICS__PARTITIONS", "1"), &["ada", "bob"]);
    let running = house.start();
    let client = Client::of(running.url());
    let mut last = Vec::new();
    for number in 0..PURCHASES {
        let mut order = purchase(number % 7, 100 + number);
        if number == 3 {
            order["totalPrice"] = "999".into();
        }
        let placed = client.place_under(&format!("order-{number}"), &order).await;
        // One by one, so that each has a transaction of the log to itself.
        client.wait_projected([placed.position]).await;
    }
    for order in [limit("bob", "sell", "100", "1"), limit("ada", "buy", "101", "2.5")] {
        let key = order["account"].as_str().expect("an account").to_owned();
        last.push(trade(&client, &key, &order).await);
    }
    client.wait_projected(last).await;
    running.stop();
    // Each command comes once more, as after an answer that was lost.
    let log = event_log::open(&LogSettings::new(house.log_url())).await.expect("the log opens");
    let again = read(log.as_ref(), &ORDERS).await.into_iter().take(8).map(as_new);
    log.append_all(&ORDERS, PARTITION, again.collect()).await.expect("they are taken");
    log.close().await;
    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(tests::proof::last_commands(&house).await).await;
    running.stop();
    house
}

/// Places an order on the market under `key`, and once more where the log did not take it in time.
pub async fn trade(client: &Client, key: &str, order: &Value) -> Position {
    let headers = [("Idempotency-Key", key), ("Prefer", "wait=10")];
    let began = Instant::now();
    loop {
        let answer = client.ask_market(Method::POST, "/api/v3/order", Some(order), &headers).await;
        if let Some(answer) = answer.filter(|answer| answer.status.is_success()) {
            return answer.position();
        }
        assert!(began.elapsed() < WAIT_MAX, "it is never taken: {order}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The files of a house, in a folder of their own.
pub struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    pub fn of(house: &House) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy_all(house.data_dir(), folder.path());
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the store by SQL; so many rows must change.
    pub fn store(&self, sql: &str, rows: usize) {
        change(&self.path("store.sqlite"), sql, rows);
    }

    /// Where the store is.
    pub fn store_path(&self) -> PathBuf {
        self.path("store.sqlite")
    }

    /// Changes the store by SQL that may also look at another store, by the name `old`.
    pub fn store_with(&self, old: &Path, sql: &str) {
        let connection = Connection::open(self.store_path()).expect("the file opens");
        connection.execute("attach ? as old", [old.to_str()]).expect("the other file opens");
        assert!(connection.execute(sql, []).expect("it is SQL") > 0, "{sql}");
    }

    /// Changes the file of a topic by SQL; so many rows must change.
    pub fn topic(&self, topic: &Topic, sql: &str, rows: usize) {
        change(&self.path(&format!("log/{topic}.sqlite")), sql, rows);
    }

    /// What a query on a topic's file answers, one number.
    pub fn ask_topic(&self, topic: &Topic, sql: &str) -> i64 {
        let file = Connection::open(self.path(&format!("log/{topic}.sqlite"))).expect("a file");
        file.query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    /// Writes into the middle of a topic's file.
    pub fn spoil(&self, topic: &Topic) {
        let file = self.path(&format!("log/{topic}.sqlite"));
        let mut bytes = std::fs::read(&file).expect("the file");
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xa5);
        std::fs::write(file, bytes).expect("the file is spoilt");
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).expect("the file was there");
    }

    /// Appends a decision where it counts.
    pub async fn append_decision(&self, payload: String) {
        let log = self.log().await;
        let end = log.ends(&ORDER_EVENTS, PARTITION).await.expect("its end").next;
        let record = NewRecord { payload: payload.into(), ..NewRecord::default() };
        let appended = log.append_all(&ORDER_EVENTS, PARTITION, vec![record.expected_at(end)]);
        appended.await.expect("it is taken");
        log.close().await;
    }

    /// The payload of a decision as JSON.
    pub async fn decision(&self, offset: usize) -> Value {
        serde_json::from_str(&self.decision_text(offset).await).expect("a decision is JSON")
    }

    /// The payload of a decision as it is.
    pub async fn decision_text(&self, offset: usize) -> String {
        let log = self.log().await;
        let records = read(log.as_ref(), &ORDER_EVENTS).await;
        log.close().await;
        String::from_utf8(records[offset].payload.to_vec()).expect("a decision is text")
    }

    /// The first decision that one of these events is part of.
    pub async fn offset_of(&self, event: &str) -> usize {
        let log = self.log().await;
        let records = read(log.as_ref(), &ORDER_EVENTS).await;
        log.close().await;
        let name = format!("\"{event}\"");
        let has = |record: &Record| String::from_utf8_lossy(&record.payload).contains(&name);
        records.iter().position(has).expect("there is one")
    }

    /// Writes `order-events` anew, with another payload at one offset. The store is told to know the
    /// log all the same: only the damage is to be found.
    pub async fn rewrite(&self, offset: usize, payload: String) {
        let log = self.log().await;
        let mut records = read(log.as_ref(), &ORDER_EVENTS).await;
        log.close().await;
        drop(log);
        records[offset].payload = payload.into();
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(self.path(&format!("log/{ORDER_EVENTS}.sqlite{suffix}")));
        }
        let log = self.log().await;
        let retention = Retention::default();
        let spec = TopicSpec { topic: ORDER_EVENTS, partitions: 1, retention };
        log.create_topics(&[spec]).await.expect("the topic is made");
        let records = records.into_iter().map(as_new).collect();
        log.append_all(&ORDER_EVENTS, PARTITION, records).await.expect("they are taken");
        log.close().await;
        self.store("update checkpoints set last_mark = null where topic = 'order-events'", 1);
    }

    async fn log(&self) -> std::sync::Arc<dyn EventLog> {
        let url = format!("sqlite:{}", self.path("log").display());
        event_log::open(&LogSettings::new(url)).await.expect("the log opens")
    }

    /// What `check` says, and its exit code.
    pub fn check(&self, house: &House, arguments: &[&str]) -> (Option<i32>, Value) {
        let mut tool = house.tool("diagnostics");
        tool.env("SERIATIM_DATA_DIR", self.folder.path());
        tool.env("SERIATIM_LOG", format!("sqlite:{}", self.path("log").display()));
        tool.env("SERIATIM_STORE", format!("sqlite:{}", self.path("store.sqlite").display()));
        run(&mut tool, arguments)
    }
}

/// What `check` says of a house, and its exit code.
pub fn check(house: &House, arguments: &[&str]) -> (Option<i32>, Value) {
    run(&mut house.tool("diagnostics"), arguments)
}

fn run(tool: &mut Command, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = tool.args(["check", "--json"]).args(arguments).output().expect("it runs");
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code(), report.unwrap_or_else(|_| panic!("no report: {output:?}")))
}

/// The kinds of what was found.
pub fn kinds(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.map(|found| found["kind"].as_str().expect("a kind")).collect()
}

/// Where something of a kind was found first.
pub fn first<'a>(report: &'a Value, kind: &str) -> &'a str {
    let findings = report["findings"].as_array().expect("findings");
    let found = findings.iter().find(|found| found["kind"] == kind).expect("it was found");
    found["first"][0]["at"].as_str().expect("a place")
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn change(file: &Path, sql: &str, rows: usize) {
    let connection = Connection::open(file).expect("the file opens");
    let changed = connection.execute(sql, []).expect("it is SQL");
    assert_eq!(changed, rows, "{sql}");
}

async fn read(log: &dyn EventLog, topic: &Topic) -> Vec<Record> {
    let end = log.ends(topic, PARTITION).await.expect("its end").next;
    let mut reader = log.read(topic, PARTITION, Offset::ZERO).await.expect("it can be read");
    let mut records = Vec::new();
    while (records.len() as u64) < end.0 {
        let limit = BatchLimit { records: 1_000, bytes: usize::MAX };
        records.extend(reader.next(limit).await.expect("records"));
    }
    records
}

fn as_new(record: Record) -> NewRecord {
    let Record { key, payload, headers, .. } = record;
    NewRecord { key, payload, headers }
}
