//! What operators do to a program, meaning well or not.

use std::time::Duration;

use reqwest::StatusCode;
use tests::proof::History;
use tests::{Client, House, Profile, purchase};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_whose_stderr_was_closed_works_and_stops_as_told() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house.with("RUST_LOG", "trace");
    let running = house.start_with_closed_stderr();
    let client = Client::of(running.url());
    let response = client.post(&purchase(1, 100), &[("Prefer", "wait=10")]).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    running.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_can_be_thrown_away_and_is_filled_again() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 0..50 {
        placed.push(client.place(&purchase(cents % 7, cents), &[]).await.unwrap());
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    running.stop();
    for suffix in ["", "-wal", "-shm"] {
        let file = house.data_dir().join(format!("store.sqlite{suffix}"));
        if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }

    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    let rows = client.all_orders().await;
    running.stop();
    let history = History::read(&house).await;
    history.holds(&placed);
    history.equals_rows(&rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_ends_the_program_with_a_sentence_and_nothing_is_taken() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let running = house.start();
    let client = Client::of(running.url());
    client.place(&purchase(1, 1), &[]).await.unwrap();
    running.stop();
    let file = house.data_dir().join("log/orders.sqlite");
    std::fs::write(&file, vec![b'x'; 8_192]).unwrap();

    let mut running = house.start();
    for _ in 0..400 {
        if running.has_ended() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it goes on with a damaged log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_dropped_and_made_again_is_filled_again() {
    let Some(house) = House::new(Profile::Distributed) else { return };
    let running = house.start();
    let client = Client::of(running.url());
    let mut placed = Vec::new();
    for cents in 0..20 {
        placed.push(client.place(&purchase(cents % 7, cents), &[]).await.unwrap());
    }
    client.wait_projected(placed.iter().map(|order| order.position)).await;

    let tables = "drop schema public cascade; create schema public";
    let arguments = ["-q", "-v", "ON_ERROR_STOP=1", "-d", &house.store_url(), "-c", tables];
    assert!(std::process::Command::new("psql").args(arguments).status().unwrap().success());
    placed.push(client.place(&purchase(1, 1), &[]).await.unwrap());
    // For a second the query API trusts that what was projected stays so.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    let rows = client.all_orders().await;
    running.stop();
    let history = History::read(&house).await;
    history.holds(&placed);
    history.equals_rows(&rows);
}
