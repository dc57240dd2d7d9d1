//! A build with another schema: it fills a generation of its own, while programs of the build before answer
//! from theirs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::json;
use tests::{Client, House, Profile, purchase};

use crate::{PATIENCE, ended, fill, name_of, rebuild, store_file};

/// What the third version of the schema has brought.
const THIRD_VERSION: [&str; 7] =
    ["trades", "market_orders", "balances", "accounts", "assets", "instruments", "markets"];

/// The version that the schema of a generation has.
fn version(house: &House, generation: u32) -> i64 {
    let store = Connection::open(store_file(house, generation)).unwrap();
    let newest = "select max(version) from _sqlx_migrations";
    store.query_row(newest, [], |row| row.get(0)).unwrap()
}

/// The live generation is one that the build before has made: it is read as it is, and not changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_filled_beside_an_older_one() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let placed = fill(&house, 20).await;
    let newest = version(&house, 1);
    let store = Connection::open(store_file(&house, 1)).unwrap();
    for table in THIRD_VERSION {
        store.execute(&format!("drop table {table}"), []).unwrap();
    }
    store.execute("delete from _sqlx_migrations where version > 2", []).unwrap();
    drop(store);

    let house = Arc::new(house);
    let found = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&found["live"], &found["same"]), (&json!(2), &json!(true)), "{found}");
    let compared = |name: &str| {
        let tables = found["tables"].as_array().unwrap();
        tables.iter().find(|table| table["table"] == name).unwrap()["compared"].clone()
    };
    assert_eq!((compared("orders"), compared("trades")), (json!(true), json!(false)), "{found}");
    assert_eq!((version(&house, 1), version(&house, 2)), (2, newest));
    assert_eq!(name_of(&house, &placed[7]).await, "Ada");
    assert_eq!(version(&house, 1), 2, "a program that runs changes the live generation only");
}

/// Programs that run know nothing of a schema that is newer than they are. They go on answering, and filling
/// what they answer from, until they are replaced.
#[tokio::test(flavor = "multi_thread")]
async fn older_programs_stay_where_they_are_until_they_are_replaced() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let placed = fill(&house, 10).await;
    let house = Arc::new(house);
    let running = house.start();
    let client = Client::of(running.url());
    ended(&rebuild(&house, &["--diff"]).await, 0);
    become_of_a_newer_build(&house, 2);
    let (began, mut number) = (Instant::now(), 0);
    // Longer than it takes to see which generation is live.
    while began.elapsed() < Duration::from_secs(2) || number < 20 {
        let order = client.place(&purchase(number % 7, 100 + number)).await;
        let path = format!("/api/Orders/{}", order.order_id);
        let (status, shown) = client.get(&path, Some(order.position)).await;
        assert_eq!(status, StatusCode::OK, "{shown}");
        number += 1;
        assert!(began.elapsed() < PATIENCE, "only {number} orders");
    }
    running.stop();

    let running = house.start();
    let client = Client::of(running.url());
    let (ready, _) = client.get("/readyz", None).await;
    assert_eq!(ready, StatusCode::SERVICE_UNAVAILABLE, "an older one that is started anew says so");
    running.stop();

    let back = ended(&rebuild(&house, &["--use", "1"]).await, 0);
    assert_eq!((&back["live"], &back["switched"]), (&json!(1), &json!(true)), "{back}");
    assert_eq!(name_of(&house, &placed[7]).await, "Ada");
}

/// Makes the generation one that a build with a newer schema has filled, and switched to.
fn become_of_a_newer_build(house: &House, generation: u32) {
    let store = Connection::open(store_file(house, generation)).unwrap();
    let newer = "alter table orders add column gift_wrapped integer;
                 insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'gift wrapping', true, x'', 0)";
    store.execute_batch(newer).unwrap();
    let home = Connection::open(store_file(house, 1)).unwrap();
    let switch = "update projection_generations set
                  schema_version = case generation when ?1 then 9999 else schema_version end,
                  state = case generation when ?1 then 'live' else 'retired' end";
    home.execute(switch, [generation]).unwrap();
}
