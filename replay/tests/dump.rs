//! `replay dump`, the real program, over the embedded log.

use std::path::Path;
use std::process::{Command as Process, Output};
use std::sync::Arc;

use event_log::{EventLog, Headers, LogSettings, NewRecord, Retention, Topic, TopicSpec};
use order_domain::event::{NewOrderRepeated, OrderAccepted, OrderRejected, Outcome};
use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{
    Command, Currency, CustomerId, Decision, Event, Fingerprint, IdempotencyKey, Money, NewOrder,
    Offset, OrderId, Partition, Position, RejectionReason, Timestamp, VenueId,
};
use tempfile::{TempDir, tempdir};
use traffic_archive::{
    ArchiveReader, ArchiveWriter, Entry, Exchange, Location, Sequence, WriterSettings,
};

struct Orders {
    folder: TempDir,
    log: Arc<dyn EventLog>,
    topic: Topic,
}

impl Orders {
    async fn new() -> Self {
        let folder = tempdir().expect("a folder");
        let log = event_log::open(&LogSettings::new(url(folder.path()))).await.expect("the log");
        let topic = Topic::new("orders").expect("a topic");
        let retention = Retention::default();
        let spec = TopicSpec { topic: topic.clone(), partitions: 2, retention };
        log.create_topics(&[spec]).await.expect("the topic is made");
        Self { folder, log, topic }
    }

    async fn append(&self, partition: u32, payload: Vec<u8>) {
        self.append_to(&self.topic, partition, payload).await;
    }

    async fn append_to(&self, topic: &Topic, partition: u32, payload: Vec<u8>) {
        let (key, headers) = ("shop/1".into(), Headers::new());
        let record = NewRecord { key, payload: payload.into(), headers };
        let appended = self.log.append_all(topic, Partition(partition), vec![record]).await;
        appended.expect("an append");
        // The log's clock has milliseconds: the next record is to be later.
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }

    fn dump(&self, archive: &Path, more: &[&str]) -> Output {
        dump(self.folder.path(), "orders", archive, more)
    }
}

fn url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("log").display())
}

fn dump(folder: &Path, topic: &str, archive: &Path, more: &[&str]) -> Output {
    Process::new(env!("CARGO_BIN_EXE_replay"))
        .args(["dump", "--from", &url(folder), "--topic", topic, "--json", "--archive"])
        .arg(archive)
        .args(more)
        .output()
        .expect("replay runs")
}

fn succeed(output: &Output) -> serde_json::Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("a summary")
}

fn order(customer: u64, key: Option<&str>) -> Command {
    Command::NewOrder(new_order(customer, key))
}

fn new_order(customer: u64, key: Option<&str>) -> NewOrder {
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

async fn entries(archive: &Path) -> Vec<Entry> {
    let reader = ArchiveReader::open(&Location::folder(archive)).await.expect("the archive opens");
    let mut entries = reader.entries(Sequence::FIRST);
    let mut all = Vec::new();
    while let Some(entry) = entries.next().await {
        all.push(entry.expect("an entry"));
    }
    all
}

fn customers(entries: &[Entry]) -> Vec<u64> {
    let customer = |entry: &Entry| {
        let body: serde_json::Value =
            serde_json::from_slice(entry.exchange.body.bytes()).expect("JSON");
        body["customerId"].as_u64().expect("a number")
    };
    entries.iter().map(customer).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_becomes_the_request_that_makes_it() {
    let orders = Orders::new().await;
    orders.append(0, order(7, Some("checkout-1")).to_json()).await;
    let archive = orders.folder.path().join("archive");
    let summary = succeed(&orders.dump(&archive, &[]));
    assert_eq!((&summary["entries"], &summary["complete"]), (&1.into(), &true.into()));
    let Exchange { key, method, path, headers, body, .. } = &entries(&archive).await[0].exchange;
    assert_eq!((key.as_str(), method.as_str(), path.as_str()), ("shop/1", "POST", "/api/Order"));
    let expected = [("content-type", "application/json"), ("idempotency-key", "checkout-1")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(*headers, expected);
    assert_eq!(
        body.text().expect("text"),
        r#"{"customerId":7,"customerName":"Ada","customerLastName":"Lovelace","customerEmail":"ada@example.com","shippingAddress":"München","billingAddress":"London","currencyType":2,"totalPrice":"25.00","paymentMethodType":4,"orderItems":[{"itemCode":"17","brand":"B","type":"Parka","size":"XL","colour":"Black","quantity":2,"price":"12.50","currencyType":2}]}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_come_together_by_time_and_any_stretch_can_be_taken() {
    let orders = Orders::new().await;
    for (customer, partition) in [(1, 0), (2, 1), (3, 1), (4, 0), (5, 1), (6, 0)] {
        orders.append(partition, order(customer, None).to_json()).await;
    }
    let archive = |name: &str| orders.folder.path().join(name);
    succeed(&orders.dump(&archive("all"), &[]));
    let all = entries(&archive("all")).await;
    assert_eq!(customers(&all), [1, 2, 3, 4, 5, 6]);
    let (third, fifth) = (all[2].exchange.at.to_string(), all[4].exchange.at.to_string());
    for (name, more, expected) in [
        ("one", &["--partition", "1"][..], &[2, 3, 5][..]),
        ("positions", &["--first", "0:1", "--until", "1:2"], &[2, 3, 4, 6]),
        ("times", &["--since", &third, "--before", &fifth], &[3, 4]),
        ("beyond", &["--first", "0:3", "--partition", "0"], &[]),
    ] {
        succeed(&orders.dump(&archive(name), more));
        assert_eq!(customers(&entries(&archive(name)).await), expected, "{name}");
    }
    let output = orders.dump(&archive("none"), &["--partition", "2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!archive("none").exists(), "nothing is made of a stretch that is not there");
    let output = orders.dump(&archive("all"), &[]);
    assert_eq!(output.status.code(), Some(1), "an archive is not written over");
}

fn decision(offset: u64, event: Event) -> Vec<u8> {
    let source = Position::new(Partition(0), Offset(offset));
    Decision { source, at: Timestamp(0), events: vec![event] }.to_json()
}

fn accepted(customer: u64) -> Event {
    let order = new_order(customer, None);
    let fingerprint = Fingerprint::of(&order);
    Event::OrderAccepted(OrderAccepted { order, fingerprint })
}

fn rejected(customer: u64) -> Event {
    let order = new_order(customer, None);
    let (fingerprint, reason) = (Fingerprint::of(&order), RejectionReason::TotalMismatch);
    Event::OrderRejected(OrderRejected { order, fingerprint, reason, detail: "why".to_owned() })
}

fn repeated(first: u64) -> Event {
    let (order_id, outcome) = (new_order(1, None).order_id, Outcome::Accepted);
    Event::NewOrderRepeated(NewOrderRepeated { order_id, first: Offset(first), outcome })
}

impl Orders {
    async fn decide(&self, decisions: &[Vec<u8>]) {
        let topic = event_log::topics::ORDER_EVENTS;
        let retention = Retention::default();
        let spec = TopicSpec { topic: topic.clone(), partitions: 2, retention };
        self.log.create_topics(&[spec]).await.expect("the topic is made");
        for decision in decisions {
            self.append_to(&topic, 0, decision.clone()).await;
        }
    }
}

fn outcomes(entries: &[Entry]) -> Vec<Option<&str>> {
    entries.iter().map(|entry| entry.exchange.outcome.as_deref()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_a_command_is_its_first_decision() {
    let orders = Orders::new().await;
    for customer in 1..=5 {
        orders.append(0, order(customer, None).to_json()).await;
    }
    orders.append(1, order(6, None).to_json()).await;
    let decisions = [
        decision(0, accepted(1)),
        decision(1, rejected(2)),
        b"no decision".to_vec(),
        // An engine that was deposed goes on for a moment, and decides otherwise.
        decision(0, rejected(1)),
        decision(1, accepted(2)),
        decision(2, repeated(0)),
        decision(3, accepted(4)),
    ];
    orders.decide(&decisions).await;
    let archive = |name: &str| orders.folder.path().join(name);
    let summary = succeed(&orders.dump(&archive("all"), &[]));
    assert_eq!((&summary["entries"], &summary["outcomes"]), (&6.into(), &4.into()));
    let expected = [
        Some("accepted"),
        Some("rejected: total-mismatch"),
        Some("repeated: accepted"),
        Some("accepted"),
        None,
        None,
    ];
    assert_eq!(outcomes(&entries(&archive("all")).await), expected);

    let stretch = ["--first", "0:1", "--until", "0:4", "--partition", "0"];
    assert_eq!(succeed(&orders.dump(&archive("part"), &stretch))["outcomes"], 3);
    assert_eq!(outcomes(&entries(&archive("part")).await), expected[1..4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_of_other_commands_are_not_taken_for_outcomes() {
    let orders = Orders::new().await;
    let mut other = new_order(1, None);
    other.order_id = OrderId("0192f0c1-4a7e-7cc0-a1a1-6f1df0a3b002".parse().expect("a UUID"));
    orders.append(0, order(1, None).to_json()).await;
    let fingerprint = Fingerprint::of(&other);
    let accepted = Event::OrderAccepted(OrderAccepted { order: other, fingerprint });
    orders.decide(&[decision(0, accepted)]).await;
    let archive = |name: &str| orders.folder.path().join(name);
    let output = orders.dump(&archive("a"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("it was decided from another topic"), "{error}");
    let output = orders.dump(&archive("b"), &["--decisions", "missing"]);
    assert_eq!(output.status.code(), Some(1), "one that is named must be there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_goes_to_the_rejects_or_ends_the_work() {
    let orders = Orders::new().await;
    orders.append(0, order(1, None).to_json()).await;
    orders.append(0, b"{\"type\":\"Dance\",\"version\":1,\"data\":{}}".to_vec()).await;
    orders.append(0, order(2, None).to_json()).await;
    let archive = |name: &str| orders.folder.path().join(name);
    let output = orders.dump(&archive("strict"), &["--strict"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("record 0:1") && error.contains("Dance"), "{error}");
    assert_eq!(customers(&entries(&archive("strict")).await), [1], "what came before is kept");

    assert_eq!(succeed(&orders.dump(&archive("lenient"), &[]))["rejected"], 1);
    assert_eq!(customers(&entries(&archive("lenient")).await), [1, 2]);
    let beside = std::fs::read_to_string(archive("lenient.rejects.jsonl")).expect("the rejects");
    let reject: serde_json::Value = serde_json::from_str(beside.trim()).expect("one line");
    assert_eq!((&reject["topic"], &reject["position"]), (&"orders".into(), &"0:1".into()));
    assert!(reject["reason"].as_str().expect("a reason").contains("Dance"), "{reject}");
    let named = archive("mine.jsonl");
    succeed(&orders.dump(&archive("named"), &["--rejects", named.to_str().expect("text")]));
    assert_eq!(std::fs::read_to_string(named).expect("the rejects"), beside);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_there_stays_and_so_do_its_rejects() {
    let orders = Orders::new().await;
    orders.append(0, b"no command".to_vec()).await;
    orders.append(0, order(1, None).to_json()).await;
    let (archive, rejects) =
        (orders.folder.path().join("a"), orders.folder.path().join("a.rejects.jsonl"));
    succeed(&orders.dump(&archive, &[]));
    let (before, rejected) = (entries(&archive).await, std::fs::read(&rejects).expect("one"));
    let again = orders.dump(&archive, &[]);
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("already"), "{said}");
    assert_eq!(entries(&archive).await, before);
    assert_eq!(std::fs::read(&rejects).expect("it stays"), rejected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_without_commands_is_said_to_have_none() {
    let orders = Orders::new().await;
    orders.append(0, b"hello".to_vec()).await;
    let output = orders.dump(&orders.folder.path().join("a"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("none of 1 records can become a request"), "{error}");
    let elsewhere = orders.folder.path().join("elsewhere");
    let output = dump(&elsewhere, "orders", &orders.folder.path().join("b"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!elsewhere.exists(), "a log that is not there is not made");
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_become_the_archive_that_they_came_from() {
    let folder = tempdir().expect("a folder");
    let original = folder.path().join("original");
    let mut writer = ArchiveWriter::create(&Location::folder(&original), WriterSettings::default())
        .await
        .expect("one");
    for n in 0..500 {
        let at = jiff::Timestamp::from_second(n).expect("a time");
        let mut exchange = Exchange::new(at, "GET", format!("/{n}"));
        exchange.key = format!("k{}", n % 5);
        writer.append(exchange).await.expect("an entry");
    }
    let chain = writer.finish().await.expect("it ends").chain;
    let serialin = Process::new(env!("CARGO_BIN_EXE_replay"))
        .arg("serialin")
        .arg(&original)
        .args(["--to", &url(folder.path()), "--json"])
        .output()
        .expect("replay runs");
    assert_eq!(succeed(&serialin)["appended"], 500);
    let copy = folder.path().join("copy");
    succeed(&dump(folder.path(), "replay", &copy, &[]));
    let copied = ArchiveReader::open(&Location::folder(&copy)).await.expect("it opens");
    assert_eq!(copied.manifest().chain, chain, "the same lines in the same order");
    let part = folder.path().join("part");
    let stretch = ["--first-entry", "101", "--last-entry", "110"];
    succeed(&dump(folder.path(), "replay", &part, &stretch));
    let part: Vec<_> = entries(&part).await.into_iter().map(|entry| entry.exchange.path).collect();
    assert_eq!(part, (100..110).map(|n| format!("/{n}")).collect::<Vec<_>>());
}
