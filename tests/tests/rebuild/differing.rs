//! What is not the same in both generations is told, and nobody is switched to it unasked.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::{Value, json};
use tests::{Client, House, Profile, purchase};

use crate::{ended, fill, name_of, rebuild, store_file};

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_found_and_healed() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let placed = fill(&house, 50).await;
    let damaged = placed[7].order_id;
    let store = Connection::open(store_file(&house, 1)).unwrap();
    let update = "update orders set customer_name = 'Mallory' where order_id = ?1";
    assert_eq!(store.execute(update, [damaged.0.as_bytes()]).unwrap(), 1);
    store
        .execute(
            "delete from order_items where order_key = (select max(order_key) from orders)",
            [],
        )
        .unwrap();
    drop(store);

    let house = Arc::new(house);
    let found = ended(&rebuild(&house, &[]).await, 3);
    assert_eq!((&found["live"], &found["switched"]), (&json!(1), &json!(false)), "{found}");
    let differing: Vec<&Value> =
        found["tables"].as_array().unwrap().iter().filter(|table| table["same"] == false).collect();
    let names: Vec<_> = differing.iter().map(|table| &table["table"]).collect();
    assert_eq!(names, ["orders", "order_items"], "{found}");
    assert_eq!(
        (&differing[1]["live"]["rows"], &differing[1]["new"]["rows"]),
        (&json!(49), &json!(50))
    );
    assert_eq!(found["differences"], json!([]), "rows are shown when they are asked for");

    let found = ended(&rebuild(&house, &["--diff"]).await, 3);
    let difference = &found["differences"][0];
    assert_eq!(difference["key"]["order_id"], damaged.to_string());
    let names = json!({ "customer_name": { "live": "Mallory", "new": "Ada" } });
    assert_eq!(difference["values"], names);
    assert_eq!(found["differences"][1]["difference"], "only-new");
    assert_eq!(name_of(&house, &placed[7]).await, "Mallory");

    let found = ended(&rebuild(&house, &["--force"]).await, 0);
    assert_eq!((&found["live"], &found["same"]), (&json!(2), &json!(false)), "{found}");
    assert_eq!(name_of(&house, &placed[7]).await, "Ada");
    let found = ended(&rebuild(&house, &["--diff"]).await, 0);
    assert_eq!((&found["same"], &found["live"]), (&json!(true), &json!(2)), "{found}");
}

/// An order that the live store has refused so far is in the new one, which refuses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_live_store_refuses_is_told_as_a_difference() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house.with("SERIATIM_PROJECTOR__RETRY_DELAYS_MS", "[3600000]");
    fill(&house, 5).await;
    let store = Connection::open(store_file(&house, 1)).unwrap();
    let refuse = "create trigger no_refused before insert on orders when new.customer_id = 666
                  begin select raise(abort, 'refused'); end";
    store.execute_batch(refuse).unwrap();
    drop(store);
    let running = house.start();
    let client = Client::of(running.url());
    let refused = client.place(&purchase(666, 1)).await;
    client.wait_projected([refused.position]).await;
    running.stop();

    let house = Arc::new(house);
    let found = ended(&rebuild(&house, &["--diff"]).await, 3);
    assert_eq!(
        (&found["waitingOrders"], &found["refusedOrders"]),
        (&json!(1), &json!(0)),
        "{found}"
    );
    assert_eq!(found["differences"][0]["difference"], "only-new");
    assert_eq!(found["differences"][0]["key"]["order_id"], refused.order_id.to_string());
    ended(&rebuild(&house, &["--force"]).await, 0);
    assert_eq!(name_of(&house, &refused).await, "Ada");
}
