//! One batch, or several that waited, one transaction.

mod gathering;
mod orders;
mod parked;

pub use gathering::Gathering;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};
use sqlx::{Connection as _, Transaction, query};

use super::errors::classify;
use crate::stored::{mark_to_sql, offset_to_sql};
use crate::trading::write as trading;
use crate::{Checkpoint, CheckpointMove, ProjectionBatch, StoreError};

/// What came of the work on `connection`. A full disk or an I/O error may have ended the transaction
/// inside SQLite, unknown to the driver (<https://www.sqlite.org/lang_transaction.html>, section 2.2.1),
/// so that the connection can't be trusted with another: it is closed.
fn settle(
    mut connection: PoolConnection<Sqlite>,
    outcome: Result<(), StoreError>,
) -> Result<(), StoreError> {
    if let Err(StoreError::Unavailable(_) | StoreError::Configuration(_)) = outcome {
        connection.close_on_drop();
    }
    outcome
}

/// Writes the batches. Whatever fails drops the transaction, which rolls all of them back.
async fn apply_on(
    connection: &mut SqliteConnection,
    batches: &[&ProjectionBatch],
) -> Result<(), StoreError> {
    // Taking the write lock at once means that nothing that is read below can change any more.
    let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
    for step in batches.iter().flat_map(|batch| &batch.moves) {
        move_checkpoint(&mut transaction, step).await?;
    }
    let orders = batches.iter().flat_map(|batch| &batch.orders).collect();
    orders::write(&mut transaction, orders).await?;
    for batch in batches {
        trading::write(&mut *transaction, &batch.trading).await?;
        parked::write(&mut transaction, batch).await?;
    }
    transaction.commit().await.map_err(classify)
}

async fn move_checkpoint(
    transaction: &mut Transaction<'_, Sqlite>,
    step: &CheckpointMove,
) -> Result<(), StoreError> {
    let stream = &step.stream;
    let moved = query(
        "update checkpoints set next_offset = ?, source_next_offset = ?, last_mark = ?
         where topic = ? and partition = ? and next_offset = ? and source_next_offset = ?",
    )
    .bind(offset_to_sql(step.to.next)?)
    .bind(offset_to_sql(step.to.source_next)?)
    .bind(mark_to_sql(step.to.last))
    .bind(&stream.topic)
    .bind(i64::from(stream.partition.0))
    .bind(offset_to_sql(step.from.next)?)
    .bind(offset_to_sql(step.from.source_next)?)
    .execute(&mut **transaction)
    .await
    .map_err(classify)?;
    if moved.rows_affected() == 1 {
        return Ok(());
    }
    if step.from == Checkpoint::default() && first_checkpoint(transaction, step).await? {
        return Ok(());
    }
    Err(StoreError::CheckpointMoved(stream.clone()))
}

/// Whether the stream had no checkpoint yet, and now has.
async fn first_checkpoint(
    transaction: &mut Transaction<'_, Sqlite>,
    step: &CheckpointMove,
) -> Result<bool, StoreError> {
    let added = query(
        "insert into checkpoints (topic, partition, next_offset, source_next_offset, last_mark)
         values (?, ?, ?, ?, ?) on conflict do nothing",
    )
    .bind(&step.stream.topic)
    .bind(i64::from(step.stream.partition.0))
    .bind(offset_to_sql(step.to.next)?)
    .bind(offset_to_sql(step.to.source_next)?)
    .bind(mark_to_sql(step.to.last))
    .execute(&mut **transaction)
    .await
    .map_err(classify)?;
    Ok(added.rows_affected() == 1)
}

/// Keeps how many partitions a topic has.
pub async fn set_partitions(
    writer: &SqlitePool,
    topic: &str,
    partitions: u32,
) -> Result<(), StoreError> {
    let mut connection = writer.acquire().await.map_err(classify)?;
    let written = query(
        "insert into topics (topic, partitions) values (?, ?)
         on conflict (topic) do update set partitions = excluded.partitions",
    )
    .bind(topic)
    .bind(i64::from(partitions))
    .execute(&mut *connection)
    .await;
    settle(connection, written.map(drop).map_err(classify))
}

/// Whether the file can be written: takes the write lock and gives it back.
pub async fn check(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut connection = writer.acquire().await.map_err(classify)?;
    let outcome = check_on(&mut connection).await;
    settle(connection, outcome)
}

async fn check_on(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
    query("select 1 from checkpoints limit 1")
        .fetch_optional(&mut *transaction)
        .await
        .map_err(classify)?;
    // A transaction may begin on a file that was opened read-only: only a write tells.
    query("delete from checkpoints where topic = '' and partition = -1")
        .execute(&mut *transaction)
        .await
        .map_err(classify)?;
    transaction.rollback().await.map_err(classify)
}
