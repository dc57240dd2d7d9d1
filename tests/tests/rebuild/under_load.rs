//! Nobody notices: no read fails, and what was acknowledged can be read at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use order_domain::Position;
use reqwest::StatusCode;
use serde_json::json;
use tests::market::seeded;
use tests::proof::{History, last_commands};
use tests::{Acknowledged, Client, House, Profile, purchase};
use tokio::task::JoinSet;

use crate::{ended, rebuild};

/// Customers that place an order and read it back, again and again.
const CUSTOMERS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild_over_sqlite() {
    rebuild_under_load(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild_over_postgres() {
    rebuild_under_load(Profile::Distributed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild_over_mariadb() {
    rebuild_under_load(Profile::Mariadb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_a_rebuild_over_sql_server() {
    rebuild_under_load(Profile::SqlServer).await;
}

/// While the projection is filled, compared, switched, switched back and dropped, every order that is
/// acknowledged can be read at once by its position, and no read fails.
async fn rebuild_under_load(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let house = seeded(house, &["ada", "bob"]).with("SERIATIM_QUERY__WAIT_MAX_MS", "30000");
    let house = Arc::new(house);
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 1..=200 {
        placed.push(client.place(&purchase(cents % 7, cents)).await);
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;

    let stop = Arc::new(AtomicBool::new(false));
    let mut load = JoinSet::new();
    for customer in 0..CUSTOMERS {
        load.spawn(place_and_read(client.clone(), customer, stop.clone()));
    }
    let first = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&first["generation"], &first["live"]), (&json!(2), &json!(2)), "{first}");
    assert_eq!((&first["same"], &first["switched"]), (&json!(true), &json!(true)), "{first}");
    let second = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&second["live"], &second["switched"]), (&json!(3), &json!(true)), "{second}");
    let back = ended(&rebuild(&house, &["--use", "1"]).await, 0);
    assert_eq!((&back["live"], &back["switched"]), (&json!(1), &json!(true)), "{back}");
    let third = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&third["live"], &third["same"]), (&json!(4), &json!(true)), "{third}");
    let dropped = ended(&rebuild(&house, &["--drop-old"]).await, 0);
    assert_eq!(dropped["dropped"], json!([1, 2, 3]));
    stop.store(true, Ordering::Relaxed);
    for read in load.join_all().await {
        assert!(!read.is_empty(), "there was load");
        placed.extend(read);
    }

    client.wait_projected(last_commands(&house).await).await;
    let rows = client.all_orders().await;
    running.stop();
    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    assert_eq!(
        client.all_orders().await,
        rows,
        "the generation that is live is found by a new start"
    );
    let (_, account) = client.get("/api/v3/accounts/ada", None).await;
    assert_eq!(account["account"], "ada", "{account}");
    running.stop();
    let history = History::read(&house).await;
    history.holds(&placed);
    history.equals_rows(&rows);
    let left = ended(&rebuild(&house, &["--list"]).await, 0);
    assert_eq!(left, json!([{ "generation": 4, "state": "live" }]));
}

/// Places orders and reads each back, strongly, and a list besides.
async fn place_and_read(client: Client, customer: u64, stop: Arc<AtomicBool>) -> Vec<Acknowledged> {
    let mut placed = Vec::new();
    for number in 0.. {
        let order = purchase(customer, number);
        let acknowledged = client.place(&order).await;
        let path = format!("/api/Orders/{}", acknowledged.order_id);
        read(&client, &path, Some(acknowledged.position)).await;
        placed.push(acknowledged);
        read(&client, "/api/Orders?limit=10", None).await;
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    placed
}

/// Reads what must be there.
async fn read(client: &Client, path: &str, position: Option<Position>) {
    let (status, answer) = client.get(path, position).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
}
