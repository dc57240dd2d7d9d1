//! Waiting for what should come.

use std::time::Duration;

use event_log::{BatchLimit, EventLog, Record, Topic};
use order_domain::{Offset, OrderId, Partition, Position};
use reqwest::StatusCode;
use tests::Client;

/// Nothing in these tests takes longer.
pub const WAIT_MAX: Duration = Duration::from_secs(90);

pub async fn find(client: &Client, order_id: OrderId) -> Option<String> {
    let (status, order) = client.get(&format!("/api/Orders/{order_id}"), None).await;
    (status == StatusCode::OK).then(|| order["status"].as_str().unwrap().to_owned())
}

pub async fn status(client: &Client, order_id: OrderId, position: Option<Position>) -> String {
    let (_, order) = client.get(&format!("/api/Orders/{order_id}"), position).await;
    order["status"].as_str().unwrap_or_else(|| panic!("no order: {order}")).to_owned()
}

pub async fn eventually(client: &Client, order_id: OrderId) {
    let began = std::time::Instant::now();
    while find(client, order_id).await.as_deref() != Some("accepted") {
        assert!(began.elapsed() < WAIT_MAX, "{order_id} never arrives");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The first `count` records of partition 0; waits for them.
pub async fn read(log: &dyn EventLog, topic: &Topic, count: usize) -> Vec<Record> {
    read_partition(log, topic, Partition(0), count as u64).await
}

/// The first `count` records of a partition; waits for them.
pub async fn read_partition(
    log: &dyn EventLog,
    topic: &Topic,
    partition: Partition,
    count: u64,
) -> Vec<Record> {
    let count = usize::try_from(count).expect("they fit into memory");
    let mut reader = log.read(topic, partition, Offset::ZERO).await.unwrap();
    let mut records = Vec::new();
    while records.len() < count {
        let limit = BatchLimit { records: count - records.len(), bytes: usize::MAX };
        let next = tokio::time::timeout(WAIT_MAX, reader.next(limit)).await;
        records.extend(next.expect("records come in time").unwrap());
    }
    records
}
