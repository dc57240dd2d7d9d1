//! Connections that are cut, silent, used up or refused.

use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use order_store::{Checkpoint, ProjectionBatch, StoreError};

use super::ServerDatabase;
use crate::contract::rows::{batch, checkpoint, order, order_id, step, stream};

fn large() -> ProjectionBatch {
    ProjectionBatch { moves: vec![step(0, 0, 2_000)], ..batch((0..2_000).map(order).collect()) }
}

pub async fn a_connection_cut_in_the_middle_of_a_batch_leaves_nothing(
    database: &impl ServerDatabase,
) {
    database.migrated().await;
    let (proxy, store) = database.proxied().await;
    // The batch is about 2 MB; the cut comes when the rows are on their way.
    proxy.cut_after(500_000);
    let error = store.projections.apply(&large()).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(database.count("orders").await, 0);
    assert_eq!(database.count("checkpoints").await, 0);

    proxy.mend();
    store.projections.apply(&large()).await.unwrap();
    assert_eq!(database.count("orders").await, 2_000);
    let again = store.projections.apply(&large()).await.unwrap_err();
    assert!(matches!(again, StoreError::CheckpointMoved(_)), "{again}");
}

/// Wherever the cut comes, the next look at the checkpoint tells whether the batch is there.
pub async fn a_connection_cut_before_the_commit_is_answered_leaves_all_or_nothing(
    database: &impl ServerDatabase,
) {
    database.migrated().await;
    let (proxy, store) = database.proxied().await;
    let small = |number: u64| ProjectionBatch {
        moves: vec![step(0, number, number + 1)],
        ..batch(vec![order(number)])
    };
    let mut next = 0;
    // A small batch is a few thousand bytes: these cuts fall all over it, and behind it.
    for bytes in (200..6_000).step_by(400) {
        proxy.cut_after(bytes);
        let outcome = store.projections.apply(&small(next)).await;
        proxy.mend();
        let stands = database.open().await.projections.checkpoint(&stream(0)).await.unwrap();
        let is_there = stands == checkpoint(next + 1);
        assert!(is_there || stands == checkpoint(next), "{stands:?}");
        match outcome {
            Ok(()) => assert!(is_there),
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
        next += u64::from(is_there);
        assert_eq!(database.count("orders").await, i64::try_from(next).unwrap());
    }
}

pub async fn idle_connections_that_were_cut_are_replaced(database: &impl ServerDatabase) {
    database.migrated().await;
    let (proxy, store) = database.proxied().await;
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    store.queries.order(order_id(1)).await.unwrap();
    proxy.cut();
    proxy.mend();
    store.projections.apply(&batch(vec![order(2)])).await.unwrap();
    assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
}

pub async fn a_database_that_is_away_at_the_start_is_there_later(database: &impl ServerDatabase) {
    let (proxy, store) = database.proxied().await;
    proxy.stop_listening().await;
    for error in [
        store.projections.migrate().await.unwrap_err(),
        store.projections.check().await.unwrap_err(),
        store.queries.order(order_id(1)).await.unwrap_err(),
    ] {
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("refused"), "the cause is hidden: {error}");
    }
    proxy.listen_again().await;
    store.projections.migrate().await.unwrap();
    store.projections.check().await.unwrap();
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}

pub async fn a_check_gives_up_long_before_a_read_though_the_server_is_silent<D: ServerDatabase>(
    database: &D,
) {
    database.migrated().await;
    let (proxy, store) = database.proxied().await;
    store.projections.check().await.unwrap();
    store.queries.check_readable().await.unwrap();
    proxy.swallow();
    for check in [store.projections.check(), store.queries.check_readable()] {
        let started = Instant::now();
        let error = check.await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(started.elapsed() < D::READ_TIMEOUT, "{:?}", started.elapsed());
    }
}

pub async fn calls_that_find_every_connection_busy_give_up_in_time<D: ServerDatabase>(
    database: &D,
) {
    let store = database.migrated().await;
    let lock = database.block_batches().await;
    let mut calls: FuturesUnordered<_> = (0..=D::WRITE_CONNECTIONS_MAX)
        .map(|partition| {
            let moves = vec![step(partition, 0, 1)];
            let projections = store.projections.clone();
            async move {
                projections.apply(&ProjectionBatch { moves, ..ProjectionBatch::default() }).await
            }
        })
        .collect();
    // All but one of them have a connection, and wait for the lock.
    let error = calls.next().await.unwrap().unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("busy"), "{error}");
    drop(lock);
    while let Some(outcome) = calls.next().await {
        outcome.unwrap();
    }
    store.projections.apply(&batch(vec![order(1)])).await.unwrap();
    assert_ne!(store.queries.projected(&stream(0)).await.unwrap(), Checkpoint::default());
}

pub async fn a_wrong_password_is_a_matter_of_configuration_and_stays_secret(
    database: &impl ServerDatabase,
) {
    let url = database.url_with_password("not-the-password");
    let store = order_store::open(&url).await.unwrap();
    for error in [
        store.projections.migrate().await.unwrap_err(),
        store.queries.check_readable().await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Configuration(_)), "{error}");
        assert!(!error.to_string().contains("not-the-password"), "{error}");
    }
}
