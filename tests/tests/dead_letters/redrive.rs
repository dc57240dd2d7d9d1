//! Dead letters that are sent again: none is lost and none is doubled, whatever moment the desk is
//! stopped or killed at.

use std::collections::BTreeMap;
use std::process::{Child, Command as Program};
use std::time::{Duration, Instant};

use event_log::dead_letters::REDRIVE;
use event_log::topics::{ORDER_EVENTS_DEAD_LETTERS, ORDERS};
use event_log::{EventLog, LogSettings, NewRecord, Record};
use order_domain::{Command, OrderId, Partition};
use tests::proof::{History, last_commands};
use tests::{Client, House, Profile, purchase};

use crate::desk::Desk;
use crate::letters::{PARTITIONS, sent, write_dead_letters};
use crate::poison::Poison;
use crate::watch::{WAIT_MAX, eventually, find, read, read_partition};

/// How many dead letters are sent again while the desk is stopped and killed.
const LETTERS: usize = 10_000;
/// Of these, how many go by before it is stopped, each time.
const BETWEEN: u64 = 1_500;
/// Slow enough to be hit in the middle: what is left behind the last stop takes seconds.
const RATE: &str = "1000/s";

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_are_sent_once_through_kills_over_the_embedded_log() {
    sent_once_through_kills(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_are_sent_once_through_kills_over_kafka() {
    sent_once_through_kills(Profile::Distributed).await;
}

/// How a running desk is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// kill -9
    Kill,
    /// Ctrl-C
    Interrupt,
    /// The broker is killed under it, and started again.
    Broker,
}

async fn sent_once_through_kills(profile: Profile) {
    let house = House::new(profile);
    let house = house.map(|house| house.with("SERIATIM_TOPICS__PARTITIONS", "2"));
    let Some(house) = house else { return };
    let running = house.start();
    let client = Client::of(running.url());
    let log = event_log::open(&LogSettings::new(house.log_url())).await.unwrap();
    let orders = write_dead_letters(log.as_ref(), LETTERS).await;
    let desk = Desk(&house);
    assert_eq!(desk.count("waiting"), LETTERS as u64);
    let planned = desk.succeeds(&["redrive", "--dry-run"]);
    let way = "10,000 dead letters of orders-dlt would be sent to orders";
    assert!(planned.contains(way), "{planned}");
    assert_eq!(sent(log.as_ref()).await, 0, "a dry run sends nothing");

    for how in [Stop::Kill, Stop::Interrupt, Stop::Kill] {
        let before = sent(log.as_ref()).await;
        let redrive = desk.start(&["redrive", "--yes", "--rate", RATE]);
        stop_in_the_middle(&house, redrive, how, log.as_ref(), before + BETWEEN).await;
        let now = sent(log.as_ref()).await;
        assert!(now > before && now < LETTERS as u64, "{how:?} in the middle, after {now}");
    }
    if profile == Profile::Distributed {
        let redrive = desk.start(&["redrive", "--yes", "--rate", RATE]);
        let at = sent(log.as_ref()).await + BETWEEN;
        stop_in_the_middle(&house, redrive, Stop::Broker, log.as_ref(), at).await;
    }
    let last = desk.run(&["redrive", "--yes", "--rate", "max"]);
    assert!(last.status.success(), "{last:?}");

    let states = ["waiting", "redriven", "in-doubt"].map(|state| desk.count(state));
    assert_eq!(states, [0, LETTERS as u64, 0]);
    let nothing = desk.succeeds(&["redrive", "--yes"]);
    assert!(nothing.contains("nothing is to be sent"), "{nothing}");
    each_stands_once(log.as_ref(), &orders).await;
    log.close().await;

    client.wait_projected(last_commands(&house).await).await;
    let rows = client.all_orders().await;
    running.stop();
    assert_eq!(rows.len(), LETTERS);
    assert!(rows.iter().all(|row| row["status"] == "accepted"));
    History::read(&house).await.equals_rows(&rows);
}

/// Stops the desk once `orders` has so many records.
async fn stop_in_the_middle(
    house: &House,
    mut desk: Child,
    how: Stop,
    log: &dyn EventLog,
    at: u64,
) {
    let began = Instant::now();
    while sent(log).await < at {
        let ended = desk.try_wait().unwrap();
        assert_eq!(ended, None, "the desk ends before it is stopped");
        assert!(began.elapsed() < WAIT_MAX, "nothing is sent");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    match how {
        Stop::Kill => desk.kill().unwrap(),
        Stop::Interrupt => {
            let pid = desk.id().to_string();
            assert!(Program::new("kill").args(["-INT", &pid]).status().unwrap().success());
        }
        Stop::Broker => {
            house.services().kill("kafka");
            house.services().start_again("kafka");
        }
    }
    let code = desk.wait().unwrap().code();
    match how {
        Stop::Kill => assert_eq!(code, None),
        Stop::Interrupt => assert_eq!(code, Some(1)),
        // It waits for the broker, or breaks off.
        Stop::Broker => assert!(matches!(code, Some(0 | 1)), "{code:?}"),
    }
}

/// Every order's command stands in `orders` exactly once, and names its dead letter.
async fn each_stands_once(log: &dyn EventLog, orders: &[OrderId]) {
    let mut times: BTreeMap<OrderId, u32> = BTreeMap::new();
    for partition in (0..PARTITIONS).map(Partition) {
        let count = log.ends(&ORDERS, partition).await.unwrap().next.0;
        for record in read_partition(log, &ORDERS, partition, count).await {
            let order = Command::from_json(&record.payload).unwrap().order_id().unwrap();
            *times.entry(order).or_default() += 1;
            let letter = record.headers.get_text(REDRIVE).unwrap();
            assert!(letter.starts_with(&format!("orders-dlt/{partition}:")), "{letter}");
        }
    }
    let doubled: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(doubled.is_empty(), "sent more than once: {doubled:?}");
    let lost: Vec<_> = orders.iter().filter(|order| !times.contains_key(order)).collect();
    assert!(lost.is_empty(), "never sent: {lost:?}");
    assert_eq!(times.len(), orders.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_orders_are_freed_over_the_embedded_log_and_sqlite() {
    parked_orders_are_freed(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_orders_are_freed_over_kafka_and_postgres() {
    parked_orders_are_freed(Profile::Distributed).await;
}

/// The store refuses one customer's orders for good. On trial they fail again, and the rest is left
/// alone; once the store is mended all are sent, and the orders arrive.
async fn parked_orders_are_freed(profile: Profile) {
    const EACH: u64 = 6;
    let house = House::new(profile).map(|house| {
        house
            .with("SERIATIM_TOPICS__PARTITIONS", "1")
            .with("SERIATIM_PROJECTOR__RETRY_DELAYS_MS", "[100, 200]")
    });
    let Some(house) = house else { return };
    let running = house.start();
    let client = Client::of(running.url());
    let log = event_log::open(&LogSettings::new(house.log_url())).await.unwrap();
    let poison = Poison::of_customer(&house, 667);
    let mut held = Vec::new();
    for cents in 0..EACH {
        held.push(client.place(&purchase(667, 100 + cents)).await.order_id);
    }
    // Each command comes once more: an event behind the one that is refused.
    let commands = read_partition(log.as_ref(), &ORDERS, Partition(0), EACH).await;
    let again = commands.into_iter().map(|Record { key, payload, headers, .. }| NewRecord {
        key,
        payload,
        headers,
    });
    log.append_all(&ORDERS, Partition(0), again.collect()).await.unwrap();
    let dead = usize::try_from(2 * EACH).unwrap();
    read(log.as_ref(), &ORDER_EVENTS_DEAD_LETTERS, dead).await;
    let desk = Desk(&house);
    assert_eq!(desk.count("waiting"), 2 * EACH);
    let causes = desk.succeeds(&["list", "--by-cause"]);
    for cause in ["StoreRefused", "BehindAnother: an earlier event of the same order waits"] {
        assert!(causes.contains(cause), "{causes}");
    }

    let trial = ["redrive", "--yes", "--reason", "StoreRefused", "--canary", "2"];
    let tried = desk.run(&trial);
    assert_eq!(tried.status.code(), Some(3), "{tried:?}");
    let said = String::from_utf8(tried.stdout).unwrap();
    let behind = format!("{EACH} dead letters about the same subjects would stay behind");
    assert!(said.contains("2 dead letters sent") && said.contains(&behind), "{said}");
    assert_eq!(desk.count("redriven"), 2);
    assert_eq!(find(&client, held[0]).await, None);

    poison.remove();
    wait_until(|| desk.count("waiting") == 2 * EACH).await;
    desk.succeeds(&["redrive", "--yes"]);
    for order in held {
        eventually(&client, order).await;
    }
    assert_eq!(desk.count("waiting"), 0);
    log.close().await;
    running.stop();
}

/// Both that were on trial come back as dead letters.
async fn wait_until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < WAIT_MAX, "it never comes true");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
