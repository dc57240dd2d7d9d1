//! Bytes that are no JSON, a poison event, a parked order whose later events wait, a store that is
//! away.

use std::time::Duration;

use event_log::topics::{ORDER_EVENTS_DEAD_LETTERS, ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{EventLog, LogSettings, NewRecord, Topic};
use order_domain::Partition;
use reqwest::StatusCode;
use tests::{Client, House, Profile, purchase};

use crate::poison::Poison;
use crate::watch::{eventually, find, read, status};

#[tokio::test(flavor = "multi_thread")]
async fn bad_records_and_poison_events_over_the_embedded_log_and_sqlite() {
    fail_well(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_records_and_poison_events_over_kafka_and_postgres() {
    fail_well(Profile::Distributed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_records_and_poison_events_over_the_embedded_log_and_mariadb() {
    fail_well(Profile::Mariadb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_records_and_poison_events_over_the_embedded_log_and_sql_server() {
    fail_well(Profile::SqlServer).await;
}

async fn fail_well(profile: Profile) {
    let house = House::new(profile).map(|house| {
        house
            .with("SERIATIM_TOPICS__PARTITIONS", "1")
            .with("SERIATIM_PROJECTOR__RETRY_DELAYS_MS", "[200, 400]")
    });
    let Some(house) = house else { return };
    let running = house.start();
    let client = Client::of(running.url());
    client.wait_ready().await;
    let log = event_log::open(&LogSettings::new(house.log_url())).await.unwrap();

    no_json(&client, log.as_ref()).await;
    poison_that_heals(&house, &client).await;
    poison_that_stays(&house, &client, log.as_ref()).await;
    log.close().await;
    running.stop();
}

/// Bytes that are no JSON are a dead letter, and the next order is decided.
async fn no_json(client: &Client, log: &dyn EventLog) {
    let record =
        NewRecord { key: "shop/0".into(), payload: vec![0xff, 0x00].into(), ..Default::default() };
    log.append(&ORDERS, record).await.unwrap();
    let placed = client.place(&purchase(1, 100)).await;
    assert_eq!(status(client, placed.order_id, Some(placed.position)).await, "accepted");
    let dead = read(log, &ORDERS_DEAD_LETTERS, 1).await;
    assert_eq!(dead[0].payload.as_ref(), [0xff, 0x00]);
    assert_eq!(dead[0].headers.get_text("kafka_dlt-original-topic"), Some("orders"));
}

/// The store refuses one order for a while: others flow, and it arrives later.
async fn poison_that_heals(house: &House, client: &Client) {
    let poison = Poison::of_customer(house, 666);
    let held = client.place(&purchase(666, 100)).await;
    let other = client.place(&purchase(2, 100)).await;
    assert_eq!(status(client, other.order_id, Some(other.position)).await, "accepted");
    assert_eq!(find(client, held.order_id).await, None, "it waits");
    poison.remove();
    eventually(client, held.order_id).await;
}

/// The store refuses one order for good: it is dead-lettered, with its later events behind it, and
/// sent again by hand it arrives.
async fn poison_that_stays(house: &House, client: &Client, log: &dyn EventLog) {
    let poison = Poison::of_customer(house, 667);
    let held = client.place_under("poisoned-order", &purchase(667, 100)).await;
    client.place_under("poisoned-order", &purchase(667, 100)).await;
    let dead = read(log, &ORDER_EVENTS_DEAD_LETTERS, 1).await;
    assert_eq!(dead[0].headers.get_text("ce_subject"), Some(held.order_id.to_string().as_str()));
    assert_eq!(dead[0].headers.get_text("kafka_dlt-original-topic"), Some("order-events"));
    assert_eq!(dead[0].headers.get("retry_topic-attempts").unwrap().as_ref(), [0, 0, 0, 3]);
    assert_eq!(find(client, held.order_id).await, None);

    poison.remove();
    let again = dead.into_iter().map(|record| NewRecord {
        key: record.key,
        payload: record.payload,
        headers: record.headers.with(event_log::dead_letters::REDRIVE, "by hand"),
    });
    let retry = Topic::new("order-events-retry-200").unwrap();
    log.append_all(&retry, Partition(0), again.collect()).await.unwrap();
    eventually(client, held.order_id).await;
}

/// While the database is away, orders are taken and decided; when it is back, all arrive.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_for_a_while_delays_and_loses_nothing() {
    let Some(house) = House::new(Profile::Distributed) else { return };
    let running = house.start();
    let client = Client::of(running.url());
    let first = client.place(&purchase(1, 1)).await;
    eventually(&client, first.order_id).await;

    house.services().kill("postgres");
    let mut placed = Vec::new();
    for cents in 0..200 {
        placed.push(client.place(&purchase(cents % 10, cents)).await);
    }
    let (ready, _) = client.get("/readyz", None).await;
    assert_eq!(ready, StatusCode::SERVICE_UNAVAILABLE);
    let (read, problem) = client.get("/api/Orders", None).await;
    assert_eq!(read, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    let away: u64 = std::env::var("SERIATIM_STORE_AWAY_S").map_or(60, |text| text.parse().unwrap());
    tokio::time::sleep(Duration::from_secs(away)).await;

    house.services().start_again("postgres");
    for order in placed {
        eventually(&client, order.order_id).await;
    }
    running.stop();
}
