//! What only a real server shows.

use std::time::{Duration, Instant};

use order_store::{OrderFilter, ProjectionBatch, StoreError};

use crate::connecting::rows;
use crate::contract::TestDatabase as _;
use crate::contract::rows::{NEW_YEAR, batch, order, page, step};
use crate::server::Database;

/// Whoever reads sees what is committed, while a batch is being written, and waits for nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_do_not_wait_for_a_writer() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    let mut writer = database.connect(database.name()).await;
    rows(&mut writer, "begin transaction; update orders set customer_name = N'x' where 1 = 1")
        .await;
    let found = store.queries.orders(OrderFilter::default(), page(9)).await.unwrap();
    assert_eq!(found, [order(1)]);
    rows(&mut writer, "rollback transaction").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_deadlock_the_victim_may_try_again() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    for partition in [0, 1] {
        let moves = vec![step(partition, 0, 1)];
        let batch = ProjectionBatch { moves, ..ProjectionBatch::default() };
        store.projections.apply(&batch).await.unwrap();
    }
    let mut other = database.connect(database.name()).await;
    // Whatever happens, the store is the victim.
    let begun = "set deadlock_priority high; begin transaction;
                 update checkpoints set last_mark = 1 where [partition] = 1";
    rows(&mut other, begun).await;
    let projections = store.projections.clone();
    let moves = vec![step(0, 1, 2), step(1, 1, 2)];
    let waiting = tokio::spawn(async move {
        projections.apply(&ProjectionBatch { moves, ..ProjectionBatch::default() }).await
    });
    // Until the store waits for that row.
    let blocked = format!(
        "select count_big(*) from sys.dm_exec_requests
         where blocking_session_id <> 0 and database_id = db_id(N'{}')",
        database.name()
    );
    let since = Instant::now();
    let mut beside = database.connect("master").await;
    while rows(&mut beside, &blocked).await[0].get::<i64, _>(0) == Some(0) {
        assert!(since.elapsed() < Duration::from_mins(1), "the store waits for no lock");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rows(&mut other, "update checkpoints set last_mark = 1 where [partition] = 0; commit").await;
    let error = waiting.await.unwrap().unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_times_as_times() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    let shown = "select datediff_big(millisecond, '1970-01-01', placed_at),
                        datediff_big(millisecond, '1970-01-01', updated_at) from orders";
    let row = &database.rows(shown).await[0];
    assert_eq!(row.get::<i64, _>(0), Some(NEW_YEAR + 1_000));
    assert_eq!(row.get::<i64, _>(1), Some(NEW_YEAR + 1_007));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_is_too_long_is_refused_whole() {
    let Some(database) = Database::create().await else { return };
    let store = database.migrated().await;
    let mut row = order(2);
    row.items[1].colour = "x".repeat(70_000);
    let error = store.projections.apply(&batch(vec![order(1), row])).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert_eq!(database.count("orders").await, 0);
}
