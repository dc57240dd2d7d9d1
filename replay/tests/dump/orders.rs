//! A topic of commands, and the program before it.

use std::path::Path;
use std::process::{Command as Process, Output};
use std::sync::Arc;

use event_log::{EventLog, Headers, LogSettings, NewRecord, Retention, Topic, TopicSpec};
use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{
    Command, Currency, CustomerId, IdempotencyKey, Money, NewOrder, OrderId, Partition, VenueId,
};
use tempfile::{TempDir, tempdir};
use traffic_archive::{ArchiveReader, Entry, Location, Sequence};

pub(crate) struct Orders {
    pub(crate) folder: TempDir,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) topic: Topic,
}

impl Orders {
    pub(crate) async fn new() -> Self {
        let folder = tempdir().expect("a folder");
        let log = event_log::open(&LogSettings::new(url(folder.path()))).await.expect("the log");
        let topic = Topic::new("orders").expect("a topic");
        let retention = Retention::default();
        let spec = TopicSpec { topic: topic.clone(), partitions: 2, retention };
        log.create_topics(&[spec]).await.expect("the topic is made");
        Self { folder, log, topic }
    }

    pub(crate) async fn append(&self, partition: u32, payload: Vec<u8>) {
        self.append_to(&self.topic, partition, payload).await;
    }

    pub(crate) async fn append_to(&self, topic: &Topic, partition: u32, payload: Vec<u8>) {
        let (key, headers) = ("shop/1".into(), Headers::new());
        let record = NewRecord { key, payload: payload.into(), headers };
        let appended = self.log.append_all(topic, Partition(partition), vec![record]).await;
        appended.expect("an append");
        // The log's clock has milliseconds: the next record is to be later.
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }

    pub(crate) fn dump(&self, archive: &Path, more: &[&str]) -> Output {
        dump(self.folder.path(), "orders", archive, more)
    }
}

pub(crate) fn url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("log").display())
}

pub(crate) fn dump(folder: &Path, topic: &str, archive: &Path, more: &[&str]) -> Output {
    Process::new(env!("CARGO_BIN_EXE_replay"))
        .args(["dump", "--from", &url(folder), "--topic", topic, "--json", "--archive"])
        .arg(archive)
        .args(more)
        .output()
        .expect("replay runs")
}

pub(crate) fn succeed(output: &Output) -> serde_json::Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("a summary")
}

pub(crate) fn order(customer: u64, key: Option<&str>) -> Command {
    Command::NewOrder(new_order(customer, key))
}

pub(crate) fn new_order(customer: u64, key: Option<&str>) -> NewOrder {
    let price = Money::from_minor(1250, Currency::Usd);
    NewOrder {
        order_id: OrderId("0192f0c1-4a7e-7cc0-a1a1-6f1df0a3b001".parse().expect("a UUID")),
        venue: VenueId::new("shop/1").expect("a venue"),
        customer: Customer {
            id: CustomerId(customer),
            name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
        },
        shipping_address: "München".to_owned(),
        billing_address: "London".to_owned(),
        total: Money::from_minor(2500, Currency::Usd),
        payment_method: PaymentMethod::Wallet,
        items: vec![Item {
            item_code: "17".to_owned(),
            brand: "B".to_owned(),
            kind: "Parka".to_owned(),
            size: "XL".to_owned(),
            colour: "Black".to_owned(),
            quantity: 2,
            price,
        }],
        idempotency_key: key.map(|key| IdempotencyKey::new(key).expect("a key")),
        trace_parent: None,
    }
}

pub(crate) async fn entries(archive: &Path) -> Vec<Entry> {
    let reader = ArchiveReader::open(&Location::folder(archive)).await.expect("the archive opens");
    let mut entries = reader.entries(Sequence::FIRST);
    let mut all = Vec::new();
    while let Some(entry) = entries.next().await {
        all.push(entry.expect("an entry"));
    }
    all
}

pub(crate) fn customers(entries: &[Entry]) -> Vec<u64> {
    let customer = |entry: &Entry| {
        let body: serde_json::Value =
            serde_json::from_slice(entry.exchange.body.bytes()).expect("JSON");
        body["customerId"].as_u64().expect("a number")
    };
    entries.iter().map(customer).collect()
}
