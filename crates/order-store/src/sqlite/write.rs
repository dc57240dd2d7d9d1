//! One batch, one transaction.

mod orders;
mod parked;

use sqlx::sqlite::{Sqlite, SqlitePool};
use sqlx::{Transaction, query};

use super::errors::classify;
use crate::stored::offset_to_sql;
use crate::{Checkpoint, CheckpointMove, ProjectionBatch, StoreError};

/// Writes the batch. Whatever fails drops the transaction, which rolls it back.
pub async fn apply(writer: &SqlitePool, batch: &ProjectionBatch) -> Result<(), StoreError> {
    // Taking the write lock at once means that nothing that is read below can change any more.
    let mut transaction = writer.begin_with("begin immediate").await.map_err(classify)?;
    for step in &batch.moves {
        move_checkpoint(&mut transaction, step).await?;
    }
    orders::write(&mut transaction, &batch.orders).await?;
    parked::write(&mut transaction, batch).await?;
    transaction.commit().await.map_err(classify)
}

async fn move_checkpoint(
    transaction: &mut Transaction<'static, Sqlite>,
    step: &CheckpointMove,
) -> Result<(), StoreError> {
    let stream = &step.stream;
    let moved = query(
        "update checkpoints set next_offset = ?, source_next_offset = ?
         where topic = ? and partition = ? and next_offset = ? and source_next_offset = ?",
    )
    .bind(offset_to_sql(step.to.next)?)
    .bind(offset_to_sql(step.to.source_next)?)
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
    transaction: &mut Transaction<'static, Sqlite>,
    step: &CheckpointMove,
) -> Result<bool, StoreError> {
    let added = query(
        "insert into checkpoints (topic, partition, next_offset, source_next_offset)
         values (?, ?, ?, ?) on conflict do nothing",
    )
    .bind(&step.stream.topic)
    .bind(i64::from(step.stream.partition.0))
    .bind(offset_to_sql(step.to.next)?)
    .bind(offset_to_sql(step.to.source_next)?)
    .execute(&mut **transaction)
    .await
    .map_err(classify)?;
    Ok(added.rows_affected() == 1)
}

/// Whether the file can be written: takes the write lock and gives it back.
pub async fn check(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("begin immediate").await.map_err(classify)?;
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
