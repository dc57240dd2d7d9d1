//! Failing well, over both profiles with the real program: bytes that are no JSON, a poison event, a
//! parked order whose later events wait, a store that is away.

use std::time::Duration;

use event_log::topics::{ORDER_EVENTS_DEAD_LETTERS, ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{BatchLimit, EventLog, LogSettings, NewRecord, Record, Topic};
use order_domain::{Offset, OrderId, Partition, Position};
use reqwest::StatusCode;
use tests::{Client, House, Profile, purchase};

/// Nothing in these tests takes longer.
const WAIT_MAX: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn bad_records_and_poison_events_over_the_embedded_log_and_sqlite() {
    fail_well(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_records_and_poison_events_over_kafka_and_postgres() {
    fail_well(Profile::Distributed).await;
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
    let placed = client.place(&purchase(1, 100), &[]).await.unwrap();
    assert_eq!(status(client, placed.order_id, Some(placed.position)).await, "accepted");
    let dead = read(log, &ORDERS_DEAD_LETTERS, 1).await;
    assert_eq!(dead[0].payload.as_ref(), [0xff, 0x00]);
    assert_eq!(dead[0].headers.get_text("kafka_dlt-original-topic"), Some("orders"));
}

/// The store refuses one order for a while: others flow, and it arrives later.
async fn poison_that_heals(house: &House, client: &Client) {
    let poison = Poison::of_customer(house, 666);
    let held = client.place(&purchase(666, 100), &[]).await.unwrap();
    let other = client.place(&purchase(2, 100), &[]).await.unwrap();
    assert_eq!(status(client, other.order_id, Some(other.position)).await, "accepted");
    assert_eq!(find(client, held.order_id).await, None, "it waits");
    poison.remove();
    eventually(client, held.order_id).await;
}

/// The store refuses one order for good: it is dead-lettered, with its later events behind it, and
/// sent again by hand it arrives.
async fn poison_that_stays(house: &House, client: &Client, log: &dyn EventLog) {
    let poison = Poison::of_customer(house, 667);
    let key = [("Idempotency-Key", "poisoned-order")];
    let held = client.place(&purchase(667, 100), &key).await.unwrap();
    client.place(&purchase(667, 100), &key).await.unwrap();
    let dead = read(log, &ORDER_EVENTS_DEAD_LETTERS, 1).await;
    assert_eq!(dead[0].headers.get_text("ce_subject"), Some(held.order_id.to_string().as_str()));
    assert_eq!(dead[0].headers.get_text("kafka_dlt-original-topic"), Some("order-events"));
    assert_eq!(dead[0].headers.get("retry_topic-attempts").unwrap().as_ref(), [0, 0, 0, 3]);
    assert_eq!(find(client, held.order_id).await, None);

    poison.remove();
    let again = dead.into_iter().map(|record| NewRecord {
        key: record.key,
        payload: record.payload,
        headers: record.headers.with(order_processor::dead_letters::REDRIVE_HEADER, "by hand"),
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
    let first = client.place(&purchase(1, 1), &[]).await.unwrap();
    eventually(&client, first.order_id).await;

    house.services().kill("postgres");
    let mut placed = Vec::new();
    for cents in 0..200 {
        placed
            .push(client.place(&purchase(cents % 10, cents), &[]).await.expect("orders are taken"));
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

/// A trigger that refuses every order of one customer: what a broken constraint would do.
struct Poison<'a> {
    house: &'a House,
}

impl<'a> Poison<'a> {
    fn of_customer(house: &'a House, customer: u64) -> Self {
        let poison = Self { house };
        poison.run(&match house.profile() {
            Profile::Embedded => format!(
                "CREATE TRIGGER poison BEFORE INSERT ON orders WHEN NEW.customer_id = {customer}
                 BEGIN SELECT RAISE(ABORT, 'poison'); END"
            ),
            Profile::Distributed => format!(
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'poison'; END $$;
                 CREATE TRIGGER poison BEFORE INSERT ON orders FOR EACH ROW
                 WHEN (NEW.customer_id = {customer}) EXECUTE FUNCTION poison()"
            ),
        });
        poison
    }

    fn remove(self) {
        self.run(match self.house.profile() {
            Profile::Embedded => "DROP TRIGGER poison",
            Profile::Distributed => "DROP TRIGGER poison ON orders; DROP FUNCTION poison",
        });
    }

    fn run(&self, sql: &str) {
        match self.house.profile() {
            Profile::Embedded => {
                let file = self.house.store_url().trim_start_matches("sqlite:").to_owned();
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.busy_timeout(Duration::from_secs(10)).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Profile::Distributed => {
                let url = self.house.store_url();
                let arguments = ["-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", sql];
                let done = std::process::Command::new("psql").args(arguments).status().unwrap();
                assert!(done.success(), "psql: {done}");
            }
        }
    }
}

async fn find(client: &Client, order_id: OrderId) -> Option<String> {
    let (status, order) = client.get(&format!("/api/Orders/{order_id}"), None).await;
    (status == StatusCode::OK).then(|| order["status"].as_str().unwrap().to_owned())
}

async fn status(client: &Client, order_id: OrderId, position: Option<Position>) -> String {
    let (_, order) = client.get(&format!("/api/Orders/{order_id}"), position).await;
    order["status"].as_str().unwrap_or_else(|| panic!("no order: {order}")).to_owned()
}

async fn eventually(client: &Client, order_id: OrderId) {
    let began = std::time::Instant::now();
    while find(client, order_id).await.as_deref() != Some("accepted") {
        assert!(began.elapsed() < WAIT_MAX, "{order_id} never arrives");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The first `count` records of partition 0; waits for them.
async fn read(log: &dyn EventLog, topic: &Topic, count: usize) -> Vec<Record> {
    let mut reader = log.read(topic, Partition(0), Offset::ZERO).await.unwrap();
    let mut records = Vec::new();
    while records.len() < count {
        let limit = BatchLimit { records: count - records.len(), bytes: usize::MAX };
        let next = tokio::time::timeout(WAIT_MAX, reader.next(limit)).await;
        records.extend(next.expect("records come in time").unwrap());
    }
    records
}
