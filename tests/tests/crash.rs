//! kill -9 at random moments under load, again and again: every order that was acknowledged is there
//! exactly once, none is doubled, every customer's orders keep their order, and the engine's state
//! is that of a run from the beginning.
//!
//! `SERIATIM_CRASH_ROUNDS` sets the number of rounds, 20 by default.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tests::proof::{History, last_commands};
use tests::{Acknowledged, Client, House, Profile, purchase};
use tokio::task::JoinSet;

/// Customers that send one order after another, side by side.
const CUSTOMERS: u64 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_over_the_embedded_log_and_sqlite() {
    survive(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_over_kafka_and_postgres() {
    survive(Profile::Distributed).await;
}

async fn survive(profile: Profile) {
    // A small snapshot interval, so that many crashes fall into the writing of one.
    let house = House::new(profile).map(|house| {
        house
            .with("SERIATIM_ENGINE__SNAPSHOT_EVERY_COMMANDS", "100")
            .with("SERIATIM_PROJECTOR__BATCH_RECORDS", "50")
    });
    let Some(house) = house else { return };
    let rounds = std::env::var("SERIATIM_CRASH_ROUNDS").map_or(20, |text| text.parse().unwrap());
    let acknowledged: Vec<_> = (0..CUSTOMERS).map(|_| Customer::default()).collect();

    for round in 0..rounds {
        let running = house.start();
        let mut load = start_load(running.url(), &acknowledged);
        tokio::time::sleep(Duration::from_millis(random_below(700))).await;
        if profile == Profile::Distributed {
            kill_a_service(&house, round).await;
        }
        running.kill();
        load.shutdown().await;
    }

    let acknowledged: Vec<Vec<Acknowledged>> =
        acknowledged.iter().map(|customer| customer.lock().unwrap().acknowledged.clone()).collect();
    let all: Vec<Acknowledged> = acknowledged.concat();
    assert!(all.len() >= rounds, "there was load: {} acknowledged", all.len());

    let running = house.start();
    let client = Client::of(running.url());
    client.wait_projected(last_commands(&house).await).await;
    let rows = client.all_orders().await;
    running.stop();
    let history = History::read(&house).await;
    history.holds(&all);
    history.equals_rows(&rows);
    for orders in &acknowledged {
        check_order(orders);
    }
    println!(
        "{rounds} rounds: {} acknowledged, {} commands, {} rows",
        all.len(),
        history.commands(),
        rows.len()
    );
}

/// What one customer has sent.
#[derive(Default)]
struct Sent {
    acknowledged: Vec<Acknowledged>,
    orders: u64,
}

type Customer = Arc<Mutex<Sent>>;

/// Every customer sends order after order. An order that was not acknowledged is sent again, with
/// the same key, until it is: also to the next program after a crash.
fn start_load(url: &str, customers: &[Customer]) -> JoinSet<()> {
    let client = Client::of(url);
    let mut load = JoinSet::new();
    for (number, sent) in (0..).zip(customers.iter().cloned()) {
        let client = client.clone();
        load.spawn(async move {
            loop {
                let order = sent.lock().unwrap().orders;
                let key = format!("customer-{number}-order-{order}");
                let body = purchase(number, order);
                match client.place(&body, &[("Idempotency-Key", &key)]).await {
                    Some(acknowledged) => {
                        let mut sent = sent.lock().unwrap();
                        sent.acknowledged.push(acknowledged);
                        sent.orders += 1;
                    }
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
    }
    load
}

/// In some rounds the broker or the database is killed, too, and started again.
async fn kill_a_service(house: &House, round: usize) {
    let service = match round % 5 {
        2 => "kafka",
        4 => "postgres",
        _ => return,
    };
    house.services().kill(service);
    tokio::time::sleep(Duration::from_millis(random_below(500))).await;
    house.services().start_again(service);
    tokio::time::sleep(Duration::from_millis(random_below(2_000))).await;
}

/// One customer's orders stand in one partition, in the order in which they were sent.
fn check_order(orders: &[Acknowledged]) {
    for pair in orders.windows(2) {
        let [earlier, later] = [pair[0].position, pair[1].position];
        assert_eq!(earlier.partition, later.partition);
        assert!(earlier.offset < later.offset, "{earlier} was sent before {later}");
    }
}

fn random_below(limit: u64) -> u64 {
    uuid::Uuid::now_v7().as_u64_pair().1 % limit
}
