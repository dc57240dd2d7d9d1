//! Lists: their order, their filters, and pages that stay stable.

use order_domain::{CustomerId, Offset, OrderId, Timestamp};
use order_store::{OrderFilter, OrderQueries, OrderRow, PAGE_ROWS_MAX, Page};

use super::TestDatabase;
use super::rows::{NEW_YEAR, batch, ids, order, order_id, page, rejected};

async fn walk(queries: &dyn OrderQueries, filter: OrderFilter, limit: u32) -> Vec<OrderRow> {
    let mut all: Vec<OrderRow> = Vec::new();
    loop {
        let after = all.last().map(OrderRow::cursor);
        let mut rows = queries.orders(filter, Page { limit, after }).await.unwrap();
        assert!(rows.len() <= limit as usize);
        if rows.is_empty() {
            return all;
        }
        all.append(&mut rows);
    }
}

fn newest_first(mut rows: Vec<OrderRow>) -> Vec<OrderRow> {
    rows.sort_by_key(|row| std::cmp::Reverse((row.placed_at, row.order_id)));
    rows
}

pub async fn pages_walk_all_orders_newest_first(database: &impl TestDatabase) {
    let store = database.migrated().await;
    assert_eq!(walk(&*store.queries, OrderFilter::default(), 3).await, []);
    let rows: Vec<_> = (0..50).map(order).collect();
    // Written in two batches that overlap in time.
    let (even, odd): (Vec<_>, Vec<_>) =
        rows.iter().cloned().partition(|row| row.source.offset.0 % 2 == 0);
    store.projections.apply(&batch(odd)).await.unwrap();
    store.projections.apply(&batch(even)).await.unwrap();
    let expected = newest_first(rows);
    for limit in [1, 7, 50, 51] {
        assert_eq!(walk(&*store.queries, OrderFilter::default(), limit).await, expected);
    }
}

pub async fn orders_of_one_moment_are_sorted_by_id(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let rows: Vec<_> = (0..60)
        .map(|number| OrderRow {
            placed_at: Timestamp(NEW_YEAR + i64::try_from(number / 20).unwrap()),
            ..order(number)
        })
        .collect();
    for part in rows.chunks(13) {
        store.projections.apply(&batch(part.to_vec())).await.unwrap();
    }
    let expected = newest_first(rows);
    for limit in [1, 7, 20, 60] {
        assert_eq!(walk(&*store.queries, OrderFilter::default(), limit).await, expected);
    }
}

pub async fn pages_stay_stable_while_orders_arrive(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let rows: Vec<_> = (0..20).map(order).collect();
    store.projections.apply(&batch(rows.clone())).await.unwrap();
    let mut seen: Vec<OrderRow> = Vec::new();
    let mut arriving = 100;
    loop {
        let after = seen.last().map(OrderRow::cursor);
        let found = store.queries.orders(OrderFilter::default(), Page { limit: 3, after }).await;
        let mut found = found.unwrap();
        if found.is_empty() {
            break;
        }
        seen.append(&mut found);
        store.projections.apply(&batch(vec![order(arriving)])).await.unwrap();
        arriving += 1;
    }
    assert_eq!(seen, newest_first(rows));
}

pub async fn filters_hold_together(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let rows: Vec<_> = (0..60).map(|n| if n % 3 == 0 { rejected(n) } else { order(n) }).collect();
    store.projections.apply(&batch(rows.clone())).await.unwrap();
    for status in [None, Some("accepted"), Some("rejected"), Some("no such status")] {
        for customer in [None, Some(CustomerId(4)), Some(CustomerId(999))] {
            let filter = OrderFilter { status, customer };
            let passes = |row: &&OrderRow| {
                status.is_none_or(|status| row.status.name() == status)
                    && customer.is_none_or(|customer| row.customer.id == customer)
            };
            let expected = newest_first(rows.iter().filter(passes).cloned().collect());
            assert_eq!(walk(&*store.queries, filter, 4).await, expected, "{filter:?}");
        }
    }
}

pub async fn strange_times_are_in_order(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let times = [i64::MIN, i64::MIN + 1, -17, -1, 0, 1, 15, 16, 1 << 42, 1 << 43, i64::MAX];
    let rows: Vec<_> = (0..)
        .zip(times)
        .map(|(number, at)| OrderRow { placed_at: Timestamp(at), ..order(number) })
        .collect();
    store.projections.apply(&batch(rows.clone())).await.unwrap();
    let expected = newest_first(rows);
    for limit in [1, 2, 20] {
        assert_eq!(walk(&*store.queries, OrderFilter::default(), limit).await, expected);
    }
}

pub async fn a_replaced_row_moves_with_its_time(database: &impl TestDatabase) {
    let store = database.migrated().await;
    store.projections.apply(&batch(vec![order(1), order(2), order(3)])).await.unwrap();
    let mut moved = order(1);
    moved.source.offset = Offset(9);
    moved.placed_at = Timestamp(NEW_YEAR + 9_000);
    store.projections.apply(&batch(vec![moved.clone()])).await.unwrap();
    let found = walk(&*store.queries, OrderFilter::default(), 2).await;
    assert_eq!(found, [moved, order(3), order(2)]);
}

pub async fn a_page_is_bounded(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let many = u64::from(PAGE_ROWS_MAX) + 20;
    let rows: Vec<_> = (0..many).map(|n| OrderRow { items: Vec::new(), ..order(n) }).collect();
    store.projections.apply(&batch(rows)).await.unwrap();
    let most = store.queries.orders(OrderFilter::default(), page(u32::MAX)).await.unwrap();
    assert_eq!(most.len(), PAGE_ROWS_MAX as usize);
    let least = store.queries.orders(OrderFilter::default(), page(0)).await.unwrap();
    let newest: OrderId = order_id(many - 1);
    assert_eq!(ids(&least), [newest]);
}

/// Far more than any adapter has connections for.
pub async fn more_readers_than_connections_all_get_their_turn(database: &impl TestDatabase) {
    let store = database.migrated().await;
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    let readers: Vec<_> = (0..40)
        .map(|_| {
            let queries = store.queries.clone();
            tokio::spawn(async move { queries.search_customers("ada", page(1)).await })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), [order(1)]);
    }
}
