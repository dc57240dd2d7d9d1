//! The programs apart: a producer, two processors and a query API, each a process of its own. One
//! processor is killed under load; the other takes its partitions over, and nothing is lost.

use std::time::Duration;

use tests::proof::History;
use tests::{Acknowledged, Client, House, Profile, purchase};

/// Customers that send side by side.
const CUSTOMERS: u64 = 16;

/// Orders of each customer.
const ORDERS: u64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_processor_takes_over_on_the_embedded_log_and_sqlite() {
    take_over(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_processor_takes_over_on_kafka_and_postgres() {
    take_over(Profile::Distributed).await;
}

async fn take_over(profile: Profile) {
    let Some(house) = House::new(profile) else { return };
    let producer = house.start_apart("order-producer-api");
    let first = house.start_apart("order-processor");
    let query = house.start_apart("query-api");
    let writes = Client::of(producer.url());
    let reads = Client::of(query.url());

    let before = send(&writes, 0).await;
    reads.wait_projected(before.iter().map(|order| order.position)).await;
    let second = house.start_apart("order-processor");
    let during = tokio::spawn({
        let writes = writes.clone();
        async move { send(&writes, 1).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    first.kill();
    let during = during.await.unwrap();
    reads.wait_projected(during.iter().map(|order| order.position)).await;

    let rows = reads.all_orders().await;
    for program in [producer, second, query] {
        program.stop();
    }
    let acknowledged = [before, during].concat();
    assert_eq!(rows.len(), acknowledged.len());
    let history = History::read(&house).await;
    history.holds(&acknowledged);
    history.equals_rows(&rows);
}

/// Every customer sends its orders one after another; all must be acknowledged.
async fn send(client: &Client, round: u64) -> Vec<Acknowledged> {
    let mut customers = tokio::task::JoinSet::new();
    for customer in 0..CUSTOMERS {
        let client = client.clone();
        customers.spawn(async move {
            let mut acknowledged = Vec::new();
            for order in 0..ORDERS {
                let body = purchase(customer, round * ORDERS + order);
                let key = format!("{round}-{order}");
                acknowledged.push(client.place_under(&key, &body).await);
            }
            acknowledged
        });
    }
    customers.join_all().await.concat()
}
