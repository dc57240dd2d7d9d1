//! `order-processor rebuild`: the projection is filled once more beside a program that goes on answering.

mod differing;
mod killed;
mod other_schema;
mod refused;
mod under_load;

use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tests::{Acknowledged, Client, House, purchase};
use tokio::task::JoinSet;

/// No wait of these tests is longer.
const PATIENCE: Duration = Duration::from_mins(2);

/// Places so many orders of seven customers, and stops when all are projected.
async fn fill(house: &House, orders: u64) -> Vec<Acknowledged> {
    let running = house.start();
    let client = Client::of(running.url());
    let mut placing = JoinSet::new();
    for customer in 0..7 {
        let client = client.clone();
        placing.spawn(async move {
            let mut placed = Vec::new();
            for number in (0..orders).filter(|number| number % 7 == customer) {
                let acknowledged = client.place(&purchase(customer, number)).await;
                placed.push((number, acknowledged));
            }
            placed
        });
    }
    let mut placed = placing.join_all().await.concat();
    placed.sort_by_key(|(number, _)| *number);
    let placed: Vec<_> = placed.into_iter().map(|(_, acknowledged)| acknowledged).collect();
    client.wait_projected(placed.iter().map(|order| order.position)).await;
    running.stop();
    placed
}

/// The name of an order's customer, as a program that is started for it shows it.
async fn name_of(house: &House, order: &Acknowledged) -> String {
    let running = house.start();
    let client = Client::of(running.url());
    let path = format!("/api/Orders/{}", order.order_id);
    let (status, shown) = client.get(&path, Some(order.position)).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    running.stop();
    shown["customerName"].as_str().expect("a name").to_owned()
}

async fn rebuild(house: &Arc<House>, arguments: &[&str]) -> Output {
    let house = house.clone();
    let mut whole = vec!["rebuild".to_owned(), "--json".to_owned()];
    whole.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let run = move || {
        let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
        house.ask("order-processor", &whole)
    };
    tokio::task::spawn_blocking(run).await.expect("it does not panic")
}

/// What it printed, after it has ended with this code.
fn ended(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn store_file(house: &House, generation: u32) -> PathBuf {
    let name = match generation {
        1 => "store.sqlite".to_owned(),
        later => format!("store.sqlite.g{later}"),
    };
    house.data_dir().join(name)
}

/// How many events a generation has, 0 while it is not there.
fn projected(house: &House, generation: u32) -> u64 {
    let file = Connection::open_with_flags(
        store_file(house, generation),
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    );
    let sum = "select coalesce(sum(next_offset), 0) from checkpoints where topic = 'order-events'";
    let asked = file.and_then(|file| {
        file.busy_timeout(PATIENCE)?;
        file.query_row(sum, [], |row| row.get::<_, i64>(0))
    });
    asked.map_or(0, |events| u64::try_from(events).expect("no negative offsets"))
}
