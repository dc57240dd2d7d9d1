//! Batches: what is written, over what, and what a failure leaves.

use order_domain::purchase::{ADDRESS_BYTES_MAX, ITEMS_MAX, PaymentMethod, TEXT_BYTES_MAX};
use order_domain::{
    Currency, CustomerId, Money, Offset, Partition, Position, RejectionReason, Timestamp,
};
use order_store::{
    OrderFilter, OrderStatus, ParkedSubject, ProjectionBatch, RetryTier, StoreError,
};

use super::rows::{batch, checkpoint, item, order, order_id, page, rejected, step, stream};
use super::{POISON, TestDatabase};

pub async fn rows_come_back_as_they_were_written(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut rows = vec![order(1), rejected(2)];
    for (number, reason) in (10..).zip(RejectionReason::ALL) {
        rows.push(order_store::OrderRow {
            status: OrderStatus::Rejected(reason),
            ..rejected(number)
        });
    }
    for (number, method) in (20..).zip(PaymentMethod::ALL) {
        rows.push(order_store::OrderRow { payment_method: method, ..order(number) });
    }
    for (number, currency) in (30..).zip(Currency::ALL) {
        rows.push(order_store::OrderRow {
            total: Money::from_minor(1, currency),
            items: vec![item("x", 1, Money::from_minor(1, currency))],
            ..order(number)
        });
    }
    store.projections.apply(&batch(rows.clone())).await.unwrap();
    for row in &rows {
        assert_eq!(store.queries.order(row.order_id).await.unwrap().as_ref(), Some(row));
    }
    rows.reverse();
    assert_eq!(store.queries.orders(OrderFilter::default(), page(100)).await.unwrap(), rows);
    assert_eq!(store.queries.order(order_id(99)).await.unwrap(), None);
}

pub async fn a_row_gives_way_only_to_a_newer_source(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut changed = order(5);
    changed.version = 2;
    changed.items.truncate(1);
    changed.shipping_address = "elsewhere".into();
    for (offset, stands) in [(4, false), (5, false), (6, true), (5, false)] {
        changed.source.offset = Offset(offset);
        store.projections.apply(&batch(vec![order(5)])).await.unwrap();
        let before = store.queries.order(order_id(5)).await.unwrap();
        store.projections.apply(&batch(vec![changed.clone()])).await.unwrap();
        let after = store.queries.order(order_id(5)).await.unwrap();
        assert_eq!(after != before, stands, "offset {offset}");
        assert_eq!(after.as_ref() == Some(&changed), stands, "offset {offset}");
    }
    assert_eq!(database.count("orders").await, 1);
    assert_eq!(database.count("order_items").await, 1);
}

pub async fn the_newest_of_a_batch_stands(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let at = |offset: u64| {
        let mut row = order(1);
        row.source.offset = Offset(offset);
        row.version = u32::try_from(offset).unwrap();
        row
    };
    store.projections.apply(&batch(vec![at(3), at(1), order(2), at(7), at(5)])).await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(at(7)));
    store.projections.apply(&batch(vec![at(6), at(9), at(8)])).await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(at(9)));
    assert_eq!(database.count("orders").await, 2);
    assert_eq!(database.count("order_items").await, 4);
}

pub async fn a_row_of_another_partition_stands(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut other = order(1);
    other.source = Position::new(Partition(3), Offset(99));
    store.projections.apply(&batch(vec![order(1), other.clone()])).await.unwrap();
    store.projections.apply(&batch(vec![other])).await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}

pub async fn a_large_batch_is_written_whole(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let rows: Vec<_> = (0..1_337).map(order).collect();
    store.projections.apply(&batch(rows)).await.unwrap();
    assert_eq!(database.count("orders").await, 1_337);
    assert_eq!(database.count("order_items").await, 2_674);
    let again: Vec<_> = (1_300..1_400).map(order).collect();
    store.projections.apply(&batch(again)).await.unwrap();
    assert_eq!(database.count("orders").await, 1_400);
    assert_eq!(store.queries.order(order_id(1_399)).await.unwrap(), Some(order(1_399)));
}

pub async fn a_refused_row_leaves_nothing_behind(database: &impl TestDatabase) {
    let store = database.migrated().await;
    database.refuse_poison().await;
    let mut poison = order(2);
    poison.customer.name = POISON.into();
    let refused = ProjectionBatch {
        moves: vec![step(0, 0, 3)],
        orders: vec![order(1), poison, order(3)],
        park: vec![subject(4, RetryTier::Dead)],
        ..ProjectionBatch::default()
    };
    let error = store.projections.apply(&refused).await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused(text) if text.contains("no poison")), "{error}");
    for table in ["orders", "order_items", "checkpoints", "parked_subjects"] {
        assert_eq!(database.count(table).await, 0, "{table}");
    }
    assert_eq!(store.queries.search_customers("ada", page(9)).await.unwrap(), []);
}

pub async fn the_rest_goes_without_the_poison(database: &impl TestDatabase) {
    let store = database.migrated().await;
    database.refuse_poison().await;
    let mut poison = order(2);
    poison.customer.name = POISON.into();
    for _ in 0..2 {
        let error = store.projections.apply(&batch(vec![poison.clone()])).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error}");
    }
    let rest = ProjectionBatch {
        moves: vec![step(0, 0, 3)],
        orders: vec![order(1), order(3)],
        park: vec![subject(2, RetryTier::Retry(0))],
        ..ProjectionBatch::default()
    };
    store.projections.apply(&rest).await.unwrap();
    assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(3));
    assert_eq!(store.queries.order(order_id(3)).await.unwrap(), Some(order(3)));
}

pub async fn money_reaches_the_ends_of_its_range(database: &impl TestDatabase) {
    let store = database.migrated().await;
    for (number, minor) in (1..).zip([i64::MIN, -1, 0, 1, i64::MAX]) {
        let mut row = order(number);
        row.total = Money::from_minor(minor, Currency::Usd);
        row.items = vec![item("x", u32::MAX, Money::from_minor(minor, Currency::Gbp))];
        store.projections.apply(&batch(vec![row.clone()])).await.unwrap();
        assert_eq!(store.queries.order(row.order_id).await.unwrap(), Some(row));
    }
}

pub async fn numbers_reach_the_ends_of_their_range(database: &impl TestDatabase) {
    let store = database.migrated().await;
    for (number, customer) in (1..).zip([0, u64::MAX, 1 << 63]) {
        let mut row = order(number);
        row.customer.id = CustomerId(customer);
        row.version = u32::MAX;
        row.source = Position::new(Partition(u32::MAX), Offset(i64::MAX.cast_unsigned()));
        store.projections.apply(&batch(vec![row.clone()])).await.unwrap();
        assert_eq!(store.queries.order(row.order_id).await.unwrap().as_ref(), Some(&row));
        let filter = OrderFilter { customer: Some(row.customer.id), status: None };
        assert_eq!(store.queries.orders(filter, page(9)).await.unwrap(), [row]);
    }
}

pub async fn an_offset_beyond_sql_is_refused(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut row = order(1);
    row.source.offset = Offset(u64::MAX);
    let error = store.projections.apply(&batch(vec![order(2), row])).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert_eq!(database.count("orders").await, 0);
}

pub async fn a_full_order_is_written(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let long = |bytes: usize| "ä".repeat(bytes / 2);
    let mut row = order(1);
    row.customer.name = "n ".repeat(TEXT_BYTES_MAX / 2);
    row.customer.last_name = long(TEXT_BYTES_MAX);
    row.customer.email =
        (0..TEXT_BYTES_MAX / 4).map(|n| format!("{n:03}")).collect::<Vec<_>>().join(".");
    row.shipping_address = long(ADDRESS_BYTES_MAX);
    row.billing_address = long(ADDRESS_BYTES_MAX);
    let price = Money::from_minor(1, Currency::Eur);
    row.items = (0..ITEMS_MAX).map(|n| item(&format!("{n} {}", long(500)), 1, price)).collect();
    store.projections.apply(&batch(vec![row.clone()])).await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(row.clone()));
    assert_eq!(store.queries.search_customers("n 003", page(1)).await.unwrap(), [row]);
}

pub async fn parked_subjects_come_and_go(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let park = |park: Vec<ParkedSubject>| ProjectionBatch { park, ..ProjectionBatch::default() };
    let (one, two) = (subject(1, RetryTier::Retry(0)), subject(2, RetryTier::Dead));
    let elsewhere = ParkedSubject { partition: Partition(1), ..one.clone() };
    let all = vec![one.clone(), two.clone(), elsewhere.clone()];
    store.projections.apply(&park(all)).await.unwrap();
    let mut found = store.projections.parked(Partition(0)).await.unwrap();
    found.sort_by_key(|subject| subject.last_source);
    assert_eq!(found, [one.clone(), two.clone()]);

    let later = ParkedSubject {
        tier: RetryTier::Retry(u16::MAX),
        last_source: Offset(77),
        cause: "still".to_owned(),
        ..one
    };
    let next = ProjectionBatch {
        park: vec![later.clone()],
        unpark: vec![(Partition(0), two.order_id), (Partition(0), order_id(99))],
        ..ProjectionBatch::default()
    };
    store.projections.apply(&next).await.unwrap();
    assert_eq!(store.projections.parked(Partition(0)).await.unwrap(), [later]);
    assert_eq!(store.projections.parked(Partition(1)).await.unwrap(), [elsewhere]);
    assert_eq!(store.projections.parked(Partition(2)).await.unwrap(), []);
}

pub async fn text_is_only_text(database: &impl TestDatabase) {
    let store = database.migrated().await;
    for (number, text) in (1..).zip([
        "'; drop table orders; --",
        "\\N",
        "\\.",
        "a\tb\nc\rd\\e",
        "\"quoted\" {curly} (NULL)",
        "𝒜𝒹𝒶 🦀 \u{202e}",
        "",
    ]) {
        let mut row = order(number);
        row.customer.name = text.into();
        row.shipping_address = text.into();
        row.items[0].brand = text.into();
        store.projections.apply(&batch(vec![row.clone()])).await.unwrap();
        assert_eq!(store.queries.order(row.order_id).await.unwrap(), Some(row));
    }
}

fn subject(number: u64, tier: RetryTier) -> ParkedSubject {
    ParkedSubject {
        partition: Partition(0),
        order_id: order_id(number),
        tier,
        last_source: Offset(number),
        since: Timestamp(1_767_225_600_123),
        cause: "the store refuses the data: 'no'".to_owned(),
    }
}
