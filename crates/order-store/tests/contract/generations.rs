//! A generation that is filled beside the live one, and takes its place.

use std::sync::Arc;
use std::time::{Duration, Instant};

use order_domain::Offset;
use order_store::generations::{
    FOLLOWED_EVERY, Generation, GenerationLock, GenerationState, GenerationStore,
    ProjectionGenerations,
};
use order_store::{OrderStore, ProjectionBatch, StoreError};

use super::TestDatabase;
use super::rows::{batch, checkpoint, order, order_id, rejected, step, stream};

/// Longer than any store needs to go over, however busy the machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A database whose store can have generations.
pub trait Rebuildable: TestDatabase {
    /// The store's URL.
    fn store_url(&self) -> String;

    /// The names of the indexes of generation 1.
    async fn indexes(&self) -> Vec<String>;

    fn generations(&self) -> Arc<dyn ProjectionGenerations> {
        order_store::open_generations(&self.store_url()).unwrap()
    }
}

/// A test of every case, over this kind of database.
#[macro_export]
macro_rules! generations_contract {
    ($database:ty) => {
        $crate::contract!(@cases $database, generations:
            there_is_one_until_something_is_rebuilt, a_store_goes_over_to_the_live_one,
            readers_wait_for_what_they_were_told, a_projector_begins_anew_in_another_generation,
            an_interrupted_filling_is_gone_on_with, only_one_has_the_lock,
            one_can_go_back, a_dropped_one_is_left_at_once, only_what_is_not_live_is_dropped,
            a_newer_schema_is_left_to_newer_builds, indexes_come_back_after_a_load);
    };
}

pub type Generations = Arc<dyn ProjectionGenerations>;

/// Orders `from` to `to` and the checkpoint behind them.
pub fn stretch(from: u64, to: u64) -> ProjectionBatch {
    ProjectionBatch { moves: vec![step(0, from, to)], ..batch((from..to).map(order).collect()) }
}

/// The lock. A server notices a moment later that whoever had it has gone.
async fn locked(generations: &Generations) -> GenerationLock {
    let began = Instant::now();
    loop {
        if let Some(lock) = generations.lock().await.unwrap() {
            return lock;
        }
        assert!(began.elapsed() < PATIENCE, "the lock is given back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A new generation with the schema, and nothing in it.
pub async fn begun(generations: &Generations) -> (Generation, GenerationStore) {
    let lock = locked(generations).await;
    let generation = generations.begin(&lock).await.unwrap();
    let store = generations.open(generation).await.unwrap();
    store.store.projections.migrate().await.unwrap();
    (generation, store)
}

pub async fn switch(generations: &Generations, to: Generation) {
    let lock = locked(generations).await;
    generations.switch(&lock, to).await.unwrap();
}

async fn states(generations: &Generations) -> Vec<(u32, GenerationState)> {
    let entries = generations.list().await.unwrap();
    entries.iter().map(|entry| (entry.generation.0, entry.state)).collect()
}

/// Waits until `store` shows `number`, or no more.
pub async fn shows(store: &OrderStore, number: u64, shown: bool) {
    let began = Instant::now();
    while store.queries.order(order_id(number)).await.unwrap().is_some() != shown {
        assert!(began.elapsed() < PATIENCE, "order {number} shown: {shown}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub async fn there_is_one_until_something_is_rebuilt(database: &impl Rebuildable) {
    let generations = database.generations();
    assert_eq!(states(&generations).await, [(1, GenerationState::Live)]);
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 2)).await.unwrap();
    assert_eq!(states(&generations).await, [(1, GenerationState::Live)]);
    let first = generations.open(Generation::FIRST).await.unwrap().store;
    assert_eq!(first.queries.order(order_id(1)).await.unwrap(), Some(order(1)));
}

pub async fn a_store_goes_over_to_the_live_one(database: &impl Rebuildable) {
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 3)).await.unwrap();
    let generations = database.generations();
    let (second, new) = begun(&generations).await;
    new.store.projections.apply(&stretch(0, 3)).await.unwrap();
    new.store.projections.apply(&batch(vec![rejected(100)])).await.unwrap();
    assert_eq!(store.queries.order(order_id(100)).await.unwrap(), None, "nobody reads it yet");
    switch(&generations, second).await;
    let expected = [(1, GenerationState::Retired), (2, GenerationState::Live)];
    assert_eq!(states(&generations).await, expected);
    shows(&store, 100, true).await;
    assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
    let later = database.open().await;
    assert_eq!(later.queries.order(order_id(100)).await.unwrap(), Some(rejected(100)));
    later.projections.migrate().await.unwrap();
    later.projections.check().await.unwrap();
    later.queries.check_readable().await.unwrap();
}

/// Whoever was told that a position is projected reads it, on whichever generation.
pub async fn readers_wait_for_what_they_were_told(database: &impl Rebuildable) {
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 5)).await.unwrap();
    assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), checkpoint(5));
    let generations = database.generations();
    let (second, new) = begun(&generations).await;
    new.store.projections.apply(&stretch(0, 3)).await.unwrap();
    new.store.projections.apply(&batch(vec![rejected(100)])).await.unwrap();
    switch(&generations, second).await;

    // The projector goes over at once; readers are told no more than both have.
    let began = Instant::now();
    while store.projections.checkpoint(&stream(0)).await.unwrap() != checkpoint(3) {
        assert!(began.elapsed() < PATIENCE, "the projector goes over");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..20 {
        assert_eq!(store.queries.order(order_id(4)).await.unwrap(), Some(order(4)));
        assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), checkpoint(3));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    store.projections.apply(&stretch(3, 5)).await.unwrap();
    shows(&store, 100, true).await;
    assert_eq!(store.queries.order(order_id(4)).await.unwrap(), Some(order(4)));
    assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), checkpoint(5));
}

pub async fn a_projector_begins_anew_in_another_generation(database: &impl Rebuildable) {
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 3)).await.unwrap();
    assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(3));
    let generations = database.generations();
    let (second, new) = begun(&generations).await;
    new.store.projections.apply(&stretch(0, 3)).await.unwrap();
    new.store.projections.apply(&batch(vec![rejected(100)])).await.unwrap();
    switch(&generations, second).await;
    shows(&store, 100, true).await;
    // The checkpoint is the same, but it was read in the other generation.
    let error = store.projections.apply(&stretch(3, 4)).await.unwrap_err();
    assert!(matches!(&error, StoreError::CheckpointMoved(moved) if *moved == stream(0)), "{error}");
    assert_eq!(store.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(3));
    store.projections.apply(&stretch(3, 4)).await.unwrap();
    assert_eq!(new.store.queries.order(order_id(3)).await.unwrap(), Some(order(3)));
}

pub async fn an_interrupted_filling_is_gone_on_with(database: &impl Rebuildable) {
    database.migrated().await;
    let generations = database.generations();
    let (begun_first, new) = begun(&generations).await;
    new.store.projections.apply(&stretch(0, 3)).await.unwrap();
    let generations = database.generations();
    let (gone_on_with, new) = begun(&generations).await;
    assert_eq!((begun_first, gone_on_with), (Generation(2), Generation(2)));
    assert_eq!(new.store.projections.checkpoint(&stream(0)).await.unwrap(), checkpoint(3));
    let expected = [(1, GenerationState::Live), (2, GenerationState::Filling)];
    assert_eq!(states(&generations).await, expected);
    switch(&generations, Generation(2)).await;
    assert_eq!(begun(&generations).await.0, Generation(3));
}

pub async fn only_one_has_the_lock(database: &impl Rebuildable) {
    database.migrated().await;
    let (one, other) = (database.generations(), database.generations());
    let held = one.lock().await.unwrap().expect("nobody else has it");
    assert!(other.lock().await.unwrap().is_none());
    drop(held);
    let began = Instant::now();
    // A server notices a connection that was dropped a moment later.
    while other.lock().await.unwrap().is_none() {
        assert!(began.elapsed() < PATIENCE, "the lock is given back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub async fn one_can_go_back(database: &impl Rebuildable) {
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 3)).await.unwrap();
    let generations = database.generations();
    let (second, _) = begun(&generations).await;
    switch(&generations, second).await;
    shows(&store, 1, false).await;
    switch(&generations, Generation::FIRST).await;
    let expected = [(1, GenerationState::Live), (2, GenerationState::Retired)];
    assert_eq!(states(&generations).await, expected);
    shows(&store, 1, true).await;
    let lock = locked(&generations).await;
    for nowhere in [Generation::FIRST, Generation(7)] {
        let error = generations.switch(&lock, nowhere).await.unwrap_err();
        assert!(matches!(error, StoreError::Configuration(_)), "{error}");
    }
    assert_eq!(states(&generations).await, expected, "nothing was changed");
}

/// Whoever still asks the old generation does not fail when that is gone.
pub async fn a_dropped_one_is_left_at_once(database: &impl Rebuildable) {
    let generations = database.generations();
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 3)).await.unwrap();
    for round in 0..3 {
        let (next, new) = begun(&generations).await;
        new.store.projections.apply(&stretch(0, 3)).await.unwrap();
        assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
        let lock = locked(&generations).await;
        generations.switch(&lock, next).await.unwrap();
        generations.remove(&lock, Generation(next.0 - 1)).await.unwrap();
        drop(lock);
        let found = store.queries.orders(order_store::OrderFilter::default(), super::rows::page(9));
        assert_eq!(found.await.unwrap().len(), 3, "round {round}");
        assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
        assert_eq!(states(&generations).await, [(next.0, GenerationState::Live)]);
    }
}

pub async fn only_what_is_not_live_is_dropped(database: &impl Rebuildable) {
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 3)).await.unwrap();
    let generations = database.generations();
    let (second, new) = begun(&generations).await;
    new.store.projections.apply(&stretch(0, 2)).await.unwrap();
    let lock = locked(&generations).await;
    let error = generations.remove(&lock, Generation::FIRST).await.unwrap_err();
    assert!(matches!(error, StoreError::Configuration(_)), "{error}");
    generations.remove(&lock, second).await.unwrap();
    assert_eq!(states(&generations).await, [(1, GenerationState::Live)]);
    assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
    // The next one begins with nothing.
    drop(lock);
    drop(new);
    let (_, new) = begun(&generations).await;
    assert_eq!(new.store.projections.checkpoint(&stream(0)).await.unwrap().next, Offset::ZERO);
}

/// A newer build has rebuilt: those that run stay where they are, until they are replaced.
pub async fn a_newer_schema_is_left_to_newer_builds(database: &impl Rebuildable) {
    let store = database.migrated().await;
    store.projections.apply(&stretch(0, 3)).await.unwrap();
    let generations = database.generations();
    begun(&generations).await;
    assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
    let switched = "update projection_generations set schema_version = 9999,
                    state = case generation when 2 then 'live' else 'retired' end";
    database.execute(switched).await;
    for _ in 0..5 {
        tokio::time::sleep(FOLLOWED_EVERY).await;
        assert_eq!(store.queries.order(order_id(2)).await.unwrap(), Some(order(2)));
    }
    store.projections.apply(&stretch(3, 4)).await.unwrap();
    let error = database.open().await.queries.order(order_id(2)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Configuration(text) if text.contains("newer")), "{error}");
}

pub async fn indexes_come_back_after_a_load(database: &impl Rebuildable) {
    let store = database.migrated().await;
    let indexes = database.indexes().await;
    let load = database.generations().open(Generation::FIRST).await.unwrap().load;
    load.end_load().await.unwrap();
    assert_eq!(database.indexes().await, indexes, "no load has begun");
    load.begin_load().await.unwrap();
    load.begin_load().await.unwrap();
    assert!(database.indexes().await.len() < indexes.len());
    store.projections.apply(&stretch(0, 50)).await.unwrap();
    load.end_load().await.unwrap();
    assert_eq!(database.indexes().await, indexes);
    let found = store.queries.search_customers("ada7", super::rows::page(9)).await.unwrap();
    assert_eq!(found, [order(7)]);
}
