//! Migrations.

use order_domain::Offset;
use order_store::{Checkpoint, CheckpointMove, OrderFilter, ProjectionBatch, StoreError};

use super::TestDatabase;
use super::rows::{batch, checkpoint, order, order_id, page, step, stream};
use super::trading::words;

pub async fn an_empty_database_gets_the_schema(database: &impl TestDatabase) {
    let store = database.migrated().await;
    store.projections.check().await.unwrap();
    store.queries.check_readable().await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), None);
}

pub async fn migrating_again_changes_nothing(database: &impl TestDatabase) {
    let store = database.migrated().await;
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    store.projections.migrate().await.unwrap();
    database.migrated().await;
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}

pub async fn two_starters_migrate_at_once(database: &impl TestDatabase) {
    let (one, other) = (database.open().await, database.open().await);
    let (first, second) = tokio::join!(one.projections.migrate(), other.projections.migrate());
    first.unwrap();
    second.unwrap();
    other.projections.apply(&batch(vec![order(1)])).await.unwrap();
    assert_eq!(one.queries.orders(OrderFilter::default(), page(9)).await.unwrap(), [order(1)]);
}

pub async fn every_older_schema_is_brought_up_to_date<D: TestDatabase>(_: &D) {
    for version in 1..D::VERSIONS {
        let Some(database) = D::create().await else { return };
        database.migrate_to(version).await;
        database.execute(D::OLD_CHECKPOINT).await;
        let store = database.migrated().await;
        let old = Checkpoint { next: Offset(7), source_next: Offset(14), last: None };
        assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), old, "of {version}");
        let batch = ProjectionBatch {
            moves: vec![CheckpointMove { from: old, ..step(0, 7, 8) }],
            orders: vec![order(1)],
            ..words::batch(&words::Market::usual().1)
        };
        store.projections.apply(&batch).await.unwrap();
        store.projections.set_partitions("order-events", 4).await.unwrap();
        assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
        assert_eq!(store.trading.instruments(&words::venue()).await.unwrap().len(), 2);
        assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), checkpoint(8));
    }
}

pub async fn a_newer_schema_is_left_alone<D: TestDatabase>(database: &D) {
    let store = database.migrated().await;
    database.execute(D::NEWER_SCHEMA).await;
    let error = store.projections.migrate().await.unwrap_err();
    assert!(matches!(&error, StoreError::Configuration(text) if text.contains("newer")), "{error}");
}

pub async fn a_missing_schema_is_a_matter_of_configuration(database: &impl TestDatabase) {
    let store = database.migrated().await;
    database.execute("drop table order_items").await;
    let error = store.projections.apply(&batch(vec![order(1)])).await.unwrap_err();
    assert!(matches!(error, StoreError::Configuration(_)), "{error}");
    assert_eq!(database.count("orders").await, 0);
}
