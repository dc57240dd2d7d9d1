//! A disk that takes no more, under log, decisions and store at once: nothing acknowledged is lost, the
//! client is told, and everything goes on by itself once there is room.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::proof::{History, last_commands};
use tests::{Client, House, Profile, SmallDisk, noise, purchase};

/// What fits before the first order, and a few dozen orders.
const SMALL_MIB: u32 = 16;
/// What everything fits into.
const LARGE_MIB: u32 = 512;
/// The disk is full long before so many.
const ORDERS_MAX: u64 = 2_000;
/// How many are sent after the first that was refused.
const ORDERS_BEYOND: u64 = 20;
/// Nothing here takes longer.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// A purchase that takes some 50 kB in the log, and again in the decisions and in the store.
fn large(number: u64) -> Value {
    let mut order = purchase(number, 100);
    let item = order["orderItems"][0].clone();
    let items = (0..100).map(|line| {
        let mut item = item.clone();
        item["itemCode"] = noise(number * 1_000 + line, 500).into();
        item
    });
    order["orderItems"] = items.collect();
    order["totalPrice"] = json!("100.00");
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_is_forgotten_once_there_is_room() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let Some(disk) = SmallDisk::mount(house.data_dir(), SMALL_MIB) else { return };
    let running = house.start();
    let client = Client::of(running.url());

    let mut acknowledged = Vec::new();
    let mut refused = Vec::new();
    let mut beyond = 0;
    for number in 0..ORDERS_MAX {
        let order = large(number);
        let key = format!("order-{number}");
        match client.try_place(&order, &key).await {
            Ok(order) => acknowledged.push(order),
            Err(_) => refused.push((order, key)),
        }
        beyond += u64::from(!refused.is_empty());
        if beyond > ORDERS_BEYOND {
            break;
        }
    }
    assert!(acknowledged.len() > 10, "only {} fitted", acknowledged.len());
    let (order, key) = refused.last().expect("the disk is full");
    let answer = client.post(order, &[("Idempotency-Key", key)]).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "/problems/log-unavailable", "{problem}");
    let (ready, _) = client.get("/readyz", None).await;
    assert_eq!(ready, StatusCode::SERVICE_UNAVAILABLE);

    disk.grow(LARGE_MIB);
    for (order, key) in &refused {
        acknowledged.push(client.place_under(key, order).await);
    }
    client.wait_projected(last_commands(&house).await).await;
    let began = std::time::Instant::now();
    while client.get("/readyz", None).await.0 != StatusCode::OK {
        assert!(began.elapsed() < WAIT_MAX, "never ready again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rows = client.all_orders().await;
    running.stop();
    let history = History::read(&house).await;
    history.holds(&acknowledged);
    history.equals_rows(&rows);
}
