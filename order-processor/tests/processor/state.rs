//! `GET /state`: what two processors came to can be compared while they run.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use order_domain::{Currency, Money, NewOrder, Offset};
use order_processor::{Role, WorkerState};
use serde_json::{Value, json};

use crate::harness::{House, PARTITION, Running, eventually, get_state, purchase};

/// A house whose processor has decided `orders`.
async fn house_that_took(orders: impl IntoIterator<Item = NewOrder>) -> (House, Running) {
    let house = House::new().await;
    house.make_topics().await;
    let running = house.start();
    let mut count = 0;
    for order in orders {
        house.send(order).await;
        count += 1;
    }
    house.decisions(count).await;
    (house, running)
}

async fn state(running: &Running) -> Value {
    let (status, _, state) = get_state(&running.router).await;
    assert_eq!(status, StatusCode::OK, "{state}");
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_orders_give_the_same_hash_and_a_changed_one_another() {
    let orders = || (0..20).map(purchase);
    let (_first_house, first) = house_that_took(orders()).await;
    let first_state = state(&first).await;
    assert_eq!(first_state["orders"], 20);
    let [partition] = &first_state["partitions"].as_array().unwrap()[..] else { panic!("one") };
    assert_eq!((&partition["partition"], &partition["nextSource"]), (&json!(0), &json!(20)));
    assert_eq!(partition["venues"][0]["venue"], "shop/0");
    assert_eq!(partition["venues"][0]["orders"], 20);

    // Later, with an order that came twice: other offsets, the same outcomes.
    let repeated = orders().chain([purchase(3)]);
    let (second_house, second) = house_that_took(repeated).await;
    let second_state = state(&second).await;
    assert_eq!(second_state["outcomeHash"], first_state["outcomeHash"]);
    assert_eq!(second_state["partitions"][0]["nextSource"], 21);

    let mut changed: Vec<_> = orders().collect();
    changed[7].total = Money::from_minor(1, Currency::Usd);
    let (_third_house, third) = house_that_took(changed).await;
    let third_state = state(&third).await;
    assert_eq!(third_state["orders"], 20);
    assert_ne!(third_state["outcomeHash"], first_state["outcomeHash"]);

    // A restart changes nothing.
    second.stop().await;
    let second = second_house.start();
    eventually("the engine runs", || {
        second.status.state(Role::Engine, PARTITION) == Some(WorkerState::Running)
    })
    .await;
    assert_eq!(state(&second).await, second_state);
    for running in [first, second, third] {
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_in_the_middle_of_a_flood_loses_no_command() {
    const ORDERS: u32 = 500;
    let house = House::new().await;
    house.make_topics().await;
    let running = house.start();
    let flood = async {
        for number in 0..ORDERS {
            house.send(purchase(number)).await;
        }
    };
    let asked = async {
        let mut counts = vec![0];
        while *counts.last().unwrap() < u64::from(ORDERS) {
            let (status, _, state) = get_state(&running.router).await;
            if status == StatusCode::OK {
                counts.push(state["orders"].as_u64().unwrap());
                // No order came twice or was a dead letter: every command is in the hash.
                assert_eq!(state["partitions"][0]["nextSource"], *counts.last().unwrap());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        counts
    };
    let ((), counts) = tokio::join!(flood, asked);
    assert!(counts.is_sorted() && counts.len() > 2, "{counts:?}");
    let decisions = house.decisions(ORDERS as usize).await;
    let sources = decisions.iter().map(|decision| decision.source.offset);
    assert!(sources.eq((0..u64::from(ORDERS)).map(Offset)), "one decision a command, in order");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_does_not_run_is_a_503_that_says_when_to_ask_again() {
    let house = House::new().await;
    house.make_topics().await;
    for _ in 0..6 {
        house.send_bytes(b"garbage".to_vec()).await;
    }
    is_not_running(&house.processor().router()).await;

    let running = house.start();
    eventually("the engine stops over too many dead letters", || {
        let state = running.status.state(Role::Engine, PARTITION);
        matches!(state, Some(WorkerState::Stopped(_)))
    })
    .await;
    is_not_running(&running.router).await;
    running.stop().await;
}

async fn is_not_running(router: &Router) {
    let (status, retry_after, problem) = get_state(router).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert_eq!(retry_after.unwrap(), "1");
    assert_eq!(problem["type"], "/problems/engine-not-running");
}
