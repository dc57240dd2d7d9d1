//! Orders, batches and pages to test with.

use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{
    Currency, CustomerId, Money, Offset, OrderId, Partition, Position, RecordMark, RejectionReason,
    Timestamp,
};
use order_store::{
    Checkpoint, CheckpointMove, OrderRow, OrderStatus, Page, ProjectionBatch, StreamId,
};
use uuid::Uuid;

/// 2026-01-01T00:00:00Z.
pub const NEW_YEAR: i64 = 1_767_225_600_000;

pub fn order_id(number: u64) -> OrderId {
    // Spread, so that ids are not in the order of numbers.
    OrderId(Uuid::from_u64_pair(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number))
}

/// Order `number`: placed `number` seconds after [`NEW_YEAR`], from offset `number` of partition 0.
pub fn order(number: u64) -> OrderRow {
    let price = |minor| Money::from_minor(minor, Currency::Eur);
    OrderRow {
        order_id: order_id(number),
        source: Position::new(Partition(0), Offset(number)),
        version: 1,
        status: OrderStatus::Accepted,
        rejection_detail: None,
        placed_at: Timestamp(NEW_YEAR + i64::try_from(number).unwrap() * 1_000),
        updated_at: Timestamp(NEW_YEAR + i64::try_from(number).unwrap() * 1_000 + 7),
        customer: Customer {
            id: CustomerId(number % 10),
            name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: format!("ada{number}@example.com"),
        },
        shipping_address: "Agricolastraße 35, München".to_owned(),
        billing_address: "5 St James's Square, London".to_owned(),
        total: price(2_997),
        payment_method: PaymentMethod::Invoice,
        items: vec![item("10293098", 1, price(999)), item("10293099", 2, price(999))],
    }
}

pub fn item(code: &str, quantity: u32, price: Money) -> Item {
    Item {
        item_code: code.to_owned(),
        brand: "Jack Wolfskin".to_owned(),
        kind: "Parka".to_owned(),
        size: "XL".to_owned(),
        colour: "Black".to_owned(),
        quantity,
        price,
    }
}

pub fn rejected(number: u64) -> OrderRow {
    OrderRow {
        status: OrderStatus::Rejected(RejectionReason::TotalMismatch),
        rejection_detail: Some("the total is 1.00, the items cost 2.00".to_owned()),
        items: Vec::new(),
        ..order(number)
    }
}

pub fn named(number: u64, name: &str, last_name: &str, email: &str) -> OrderRow {
    let mut row = order(number);
    row.customer.name = name.into();
    row.customer.last_name = last_name.into();
    row.customer.email = email.into();
    row
}

pub fn batch(orders: Vec<OrderRow>) -> ProjectionBatch {
    ProjectionBatch { orders, ..ProjectionBatch::default() }
}

pub fn stream(partition: u32) -> StreamId {
    StreamId { topic: "order-events".to_owned(), partition: Partition(partition) }
}

pub fn checkpoint(next: u64) -> Checkpoint {
    // Every bit of a mark comes back, the highest one too.
    let last = (next > 0).then(|| RecordMark(u64::MAX - next));
    Checkpoint { next: Offset(next), source_next: Offset(next * 2), last }
}

pub fn step(partition: u32, from: u64, to: u64) -> CheckpointMove {
    CheckpointMove { stream: stream(partition), from: checkpoint(from), to: checkpoint(to) }
}

pub fn page(limit: u32) -> Page {
    Page { limit, after: None }
}

pub fn ids(rows: &[OrderRow]) -> Vec<OrderId> {
    rows.iter().map(|row| row.order_id).collect()
}
