//! Compare-and-set.

use order_domain::Offset;
use order_store::{Checkpoint, CheckpointMove, ProjectionBatch, StoreError};

use super::TestDatabase;
use super::rows::{checkpoint, order, order_id, step, stream};

fn moving(moves: Vec<CheckpointMove>) -> ProjectionBatch {
    ProjectionBatch { moves, ..ProjectionBatch::default() }
}

pub async fn a_stream_starts_at_zero(database: &impl TestDatabase) {
    let store = database.migrated().await;
    assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), Checkpoint::default());
    assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), Checkpoint::default());
}

pub async fn a_checkpoint_moves_only_from_where_it_was_read(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let early = store.projections.apply(&moving(vec![step(0, 3, 4)])).await.unwrap_err();
    assert!(matches!(&early, StoreError::CheckpointMoved(moved) if *moved == stream(0)), "{early}");
    store.projections.apply(&moving(vec![step(0, 0, 3)])).await.unwrap();
    for from in [0, 2, 4] {
        let error = store.projections.apply(&moving(vec![step(0, from, 9)])).await.unwrap_err();
        assert!(matches!(error, StoreError::CheckpointMoved(_)), "{error}");
    }
    let mut half = step(0, 3, 9);
    half.from.source_next = Offset(0);
    let error = store.projections.apply(&moving(vec![half])).await.unwrap_err();
    assert!(matches!(error, StoreError::CheckpointMoved(_)), "{error}");
    store.projections.apply(&moving(vec![step(0, 3, 5)])).await.unwrap();
    assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), checkpoint(5));
}

pub async fn of_two_projectors_one_wins(database: &impl TestDatabase) {
    let (one, other) = (database.migrated().await, database.open().await);
    for round in 0..10 {
        let mine = moving(vec![step(0, round, round + 1)]);
        let (first, second) =
            tokio::join!(one.projections.apply(&mine), other.projections.apply(&mine));
        let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
        won.unwrap();
        let error = lost.unwrap_err();
        assert!(matches!(error, StoreError::CheckpointMoved(_)), "{error}");
    }
    assert_eq!(one.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(10));
}

pub async fn the_loser_writes_nothing(database: &impl TestDatabase) {
    let (one, other) = (database.migrated().await, database.open().await);
    one.projections.apply(&moving(vec![step(0, 0, 1)])).await.unwrap();
    let late = ProjectionBatch {
        moves: vec![step(1, 0, 1), step(0, 0, 1)],
        orders: vec![order(1)],
        ..ProjectionBatch::default()
    };
    let error = other.projections.apply(&late).await.unwrap_err();
    assert!(matches!(&error, StoreError::CheckpointMoved(moved) if *moved == stream(0)), "{error}");
    assert_eq!(one.queries.order(order_id(1)).await.unwrap(), None);
    assert_eq!(one.queries.projected(&stream(1)).await.unwrap(), Checkpoint::default());
}

pub async fn streams_move_apart(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut retry = step(0, 0, 7);
    retry.stream.topic = "order-events-retry-1000".into();
    let batch = moving(vec![step(1, 0, 2), retry.clone(), step(0, 0, 1)]);
    store.projections.apply(&batch).await.unwrap();
    assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(1));
    assert_eq!(store.projections.checkpoint(&stream(1)).await.unwrap(), checkpoint(2));
    assert_eq!(store.projections.checkpoint(&retry.stream).await.unwrap(), checkpoint(7));
}

pub async fn a_batch_may_only_move_checkpoints(database: &impl TestDatabase) {
    let store = database.migrated().await;
    store.projections.apply(&ProjectionBatch::default()).await.unwrap();
    store.projections.apply(&moving(vec![step(0, 0, 0)])).await.unwrap();
    store.projections.apply(&moving(vec![step(0, 0, 1)])).await.unwrap();
    store.projections.apply(&moving(vec![step(0, 1, 1)])).await.unwrap();
    assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(1));
}

pub async fn the_number_of_partitions_is_known_once_it_was_said(database: &impl TestDatabase) {
    let store = database.migrated().await;
    assert_eq!(store.queries.partitions("order-events").await.unwrap(), None);
    for partitions in [4, 4, 8] {
        store.projections.set_partitions("order-events", partitions).await.unwrap();
        let known = store.queries.partitions("order-events").await.unwrap();
        assert_eq!(known, Some(partitions));
    }
    assert_eq!(store.queries.partitions("orders").await.unwrap(), None);
}
