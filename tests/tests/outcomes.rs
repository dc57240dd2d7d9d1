//! Two instances of the real program that take the same orders come to the same, and say so.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tests::{Client, House, Profile, purchase};

/// Customers, each with orders of its own.
const CUSTOMERS: u64 = 6;

/// Orders of each customer.
const ORDERS: u64 = 5;

/// The cents of order `number` of `customer`.
const fn cents(customer: u64, number: u64) -> u64 {
    100 * customer + number + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_orders_have_equal_outcome_hashes_and_one_changed_order_does_not() {
    let customer_by_customer: Vec<_> = (0..CUSTOMERS)
        .flat_map(|customer| (0..ORDERS).map(move |number| (customer, number)))
        .collect();
    let in_turns: Vec<_> = (0..ORDERS)
        .flat_map(|number| (0..CUSTOMERS).rev().map(move |customer| (customer, number)))
        .collect();

    let first = state_after("4", &customer_by_customer, cents).await;
    assert_eq!(first["orders"], CUSTOMERS * ORDERS);
    assert_eq!(first["partitions"].as_array().unwrap().len(), 4);
    let second = state_after("2", &in_turns, cents).await;
    assert_eq!(second["partitions"].as_array().unwrap().len(), 2);
    assert_eq!(second["outcomeHash"], first["outcomeHash"]);

    let one_cent_more =
        |customer, number| cents(customer, number) + u64::from((customer, number) == (2, 3));
    let third = state_after("4", &customer_by_customer, one_cent_more).await;
    assert_eq!(third["orders"], first["orders"]);
    assert_ne!(third["outcomeHash"], first["outcomeHash"]);
}

/// What an empty house with so many partitions says of its state when it has taken these orders.
async fn state_after(
    partitions: &str,
    orders: &[(u64, u64)],
    cents: impl Fn(u64, u64) -> u64,
) -> Value {
    let house = House::new(Profile::Embedded).expect("it needs nothing");
    let house = house.with("SERIATIM_TOPICS__PARTITIONS", partitions);
    let running = house.start();
    let client = Client::of(running.url());
    let mut positions = Vec::new();
    for &(customer, number) in orders {
        let key = format!("order-{number}");
        let order = purchase(customer, cents(customer, number));
        let placed = client.place_under(&key, &order).await;
        positions.push(placed.position);
    }
    client.wait_projected(positions).await;
    let state = state_of(&client).await;
    running.stop();
    state
}

/// `GET /state`; an engine that has had no order may still be starting.
async fn state_of(client: &Client) -> Value {
    loop {
        let (status, state) = client.get("/state", None).await;
        if status == StatusCode::OK {
            return state;
        }
        assert_eq!(state["type"], "/problems/engine-not-running", "{state}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
