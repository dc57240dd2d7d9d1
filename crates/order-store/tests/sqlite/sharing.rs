//! Several projectors, one writer: they share transactions, and the write-ahead log is written back
//! beside them.

use std::path::PathBuf;
use std::time::Duration;

use order_store::{ProjectionBatch, StoreError};
use sqlx::raw_sql;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::File;
use super::contract::TestDatabase as _;
use super::contract::rows::{batch, checkpoint, order, order_id, step, stream};

const PATIENCE: Duration = Duration::from_mins(2);

/// <https://www.sqlite.org/fileformat2.html>, section 4.1.
const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

impl File {
    fn wal(&self) -> Vec<u8> {
        let path = PathBuf::from(self.url().strip_prefix("sqlite:").unwrap());
        std::fs::read(path.with_extension("db-wal")).unwrap()
    }

    /// How many transactions are in the write-ahead log: the last frame of each tells the size of the
    /// file, the others tell none.
    fn transactions(&self) -> usize {
        let wal = self.wal();
        let number = |at: usize| u32::from_be_bytes(wal[at..at + 4].try_into().unwrap());
        let (page_bytes, salt) = (number(8) as usize, number(16));
        (WAL_HEADER_BYTES..wal.len())
            .step_by(FRAME_HEADER_BYTES + page_bytes)
            .take_while(|frame| number(frame + 8) == salt)
            .filter(|frame| number(frame + 4) != 0)
            .count()
    }

    /// How often the write-ahead log was begun anew.
    fn beginnings(&self) -> u32 {
        u32::from_be_bytes(self.wal()[12..16].try_into().unwrap())
    }

    /// Has these written at once, and a lock of another process between them and the file until all of
    /// them wait.
    async fn write_together(
        &self,
        batches: Vec<ProjectionBatch>,
    ) -> Vec<JoinHandle<Result<(), StoreError>>> {
        let store = self.open().await;
        store.projections.check().await.unwrap();
        let mut other = self.connect().await;
        raw_sql("begin immediate").execute(&mut other).await.unwrap();
        let mut writing = Vec::new();
        for batch in batches {
            let projections = store.projections.clone();
            writing.push(tokio::spawn(async move { projections.apply(&batch).await }));
            // The first is to find the writer free, all others are to find it at work.
            sleep(Duration::from_millis(10)).await;
        }
        raw_sql("rollback").execute(&mut other).await.unwrap();
        writing
    }
}

fn first_of(partition: u32) -> ProjectionBatch {
    let number = u64::from(partition);
    ProjectionBatch { moves: vec![step(partition, 0, 1)], ..batch(vec![order(number)]) }
}

#[tokio::test]
async fn batches_that_wait_for_another_become_one_transaction() {
    let file = File::create().await.unwrap();
    let store = file.migrated().await;
    let before = file.transactions();
    for done in file.write_together((1..=6).map(first_of).collect()).await {
        done.await.unwrap().unwrap();
    }
    assert_eq!(file.transactions() - before, 2, "the first, and all that waited for it");
    for partition in 1..=6 {
        let there = store.projections.checkpoint(&stream(partition)).await.unwrap();
        assert_eq!(there, checkpoint(1));
        let number = u64::from(partition);
        assert_eq!(store.queries.order(order_id(number)).await.unwrap(), Some(order(number)));
    }
}

#[tokio::test]
async fn a_batch_that_fails_takes_none_of_the_others_with_it() {
    let file = File::create().await.unwrap();
    let store = file.migrated().await;
    let mut batches: Vec<_> = (1..=5).map(first_of).collect();
    batches[3].moves = vec![step(4, 7, 8)];
    let writing = file.write_together(batches).await;
    for (partition, done) in (1..).zip(writing) {
        let done = done.await.unwrap();
        if partition == 4 {
            assert!(matches!(done, Err(StoreError::CheckpointMoved(_))), "{done:?}");
        } else {
            done.unwrap();
        }
        let written = store.queries.order(order_id(partition)).await.unwrap();
        assert_eq!(written.is_some(), partition != 4, "order {partition}");
    }
}

#[tokio::test]
async fn a_batch_whose_projector_was_stopped_is_not_written_later() {
    let file = File::create().await.unwrap();
    let store = file.migrated().await;
    let mut other = file.connect().await;
    raw_sql("begin immediate").execute(&mut other).await.unwrap();
    let mut writing = Vec::new();
    for partition in 1..=3 {
        let projections = store.projections.clone();
        writing.push(tokio::spawn(async move { projections.apply(&first_of(partition)).await }));
        sleep(Duration::from_millis(10)).await;
    }
    // The one that writes, and one of those that wait for it.
    for stopped in writing.drain(..2) {
        stopped.abort();
        assert!(stopped.await.unwrap_err().is_cancelled());
    }
    raw_sql("rollback").execute(&mut other).await.unwrap();
    writing.remove(0).await.unwrap().unwrap();
    let there = |number| {
        let queries = store.queries.clone();
        async move { queries.order(order_id(number)).await.unwrap().is_some() }
    };
    assert!(!there(1).await && !there(2).await && there(3).await);
}

#[tokio::test]
async fn the_write_ahead_log_is_begun_anew_while_there_is_load() {
    let file = File::create().await.unwrap();
    let store = file.migrated().await;
    let before = file.beginnings();
    let begun_anew = async {
        for number in 1.. {
            store.projections.apply(&batch(vec![order(number)])).await.unwrap();
            if file.beginnings() != before {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, begun_anew).await.unwrap();
}
