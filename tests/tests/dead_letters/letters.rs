//! Dead letters that can be sent again.

use std::collections::BTreeMap;

use event_log::topics::{ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{EventLog, NewRecord, Record, partition_of_key};
use order_domain::{Command, NewOrder, Offset, OrderId, Partition, Position, Timestamp, VenueId};
use order_processor::dead_letters::PutAside;
use uuid::Uuid;

/// Every topic has so many.
pub const PARTITIONS: u32 = 2;

/// A command as the producer writes it.
const COMMAND: &str = include_str!("../../../crates/order-domain/tests/golden/new-order.v1.json");

/// Commands that an engine of an older build could not read, and this one can.
pub async fn write_dead_letters(log: &dyn EventLog, count: usize) -> Vec<OrderId> {
    let Command::NewOrder(golden) = Command::from_json(COMMAND.as_bytes()).unwrap() else {
        panic!("a purchase")
    };
    let mut orders = Vec::with_capacity(count);
    let mut letters: BTreeMap<Partition, Vec<NewRecord>> = BTreeMap::new();
    for number in 0..count {
        let order_id = OrderId(Uuid::from_u128(number as u128 + 1));
        let venue = VenueId::new(format!("shop/{}", number % 64)).unwrap();
        let key = venue.as_str().to_owned();
        let command = Command::NewOrder(NewOrder { order_id, venue, ..golden.clone() });
        let partition = partition_of_key(key.as_bytes(), PARTITIONS);
        let record = Record {
            position: Position::new(partition, Offset(number as u64)),
            timestamp: Timestamp(1_700_000_000_000),
            key: key.into(),
            payload: command.to_json().into(),
            headers: event_log::Headers::new().with("ce_subject", order_id.to_string()),
        };
        let aside = PutAside {
            record: &record,
            topic: &ORDERS,
            group: "seriatim-engine",
            failure: "seriatim.UndecodableCommand",
            cause: "unknown type \"NewOrder\"",
            failed_at: Timestamp(1_700_000_000_001),
        };
        letters.entry(partition).or_default().push(aside.to_record());
        orders.push(order_id);
    }
    assert_eq!(letters.len(), PARTITIONS as usize);
    for (partition, letters) in letters {
        for part in letters.chunks(500) {
            log.append_all(&ORDERS_DEAD_LETTERS, partition, part.to_vec()).await.unwrap();
        }
    }
    orders
}

/// How many records stand in `orders`.
pub async fn sent(log: &dyn EventLog) -> u64 {
    let mut sent = 0;
    for partition in (0..PARTITIONS).map(Partition) {
        sent += log.ends(&ORDERS, partition).await.unwrap().next.0;
    }
    sent
}
