//! One batch, one transaction.

mod orders;
mod parked;

use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, query};

use super::errors::{classify, is_there};
use crate::stored::{mark_to_sql, offset_to_sql};
use crate::trading::write as trading;
use crate::{Checkpoint, CheckpointMove, ProjectionBatch, StoreError};

/// Writes the batch. Whatever fails drops the transaction, which rolls it back.
pub async fn apply(
    connection: &mut MySqlConnection,
    batch: &ProjectionBatch,
) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await.map_err(classify)?;
    // In one order for everybody, so that two projectors wait for one another instead of dying.
    let mut moves: Vec<&CheckpointMove> = batch.moves.iter().collect();
    moves.sort_by(|one, other| one.stream.cmp(&other.stream));
    for step in moves {
        move_checkpoint(&mut transaction, step).await?;
    }
    orders::write(&mut transaction, &batch.orders).await?;
    trading::write(&mut *transaction, &batch.trading).await?;
    parked::write(&mut transaction, batch).await?;
    transaction.commit().await.map_err(classify)
}

/// Another projector's move of the same stream is waited for, and then seen.
async fn move_checkpoint(
    connection: &mut MySqlConnection,
    step: &CheckpointMove,
) -> Result<(), StoreError> {
    let stream = &step.stream;
    let moved = query(
        "update checkpoints set next_offset = ?, source_next_offset = ?, last_mark = ?
         where topic = ? and `partition` = ? and next_offset = ? and source_next_offset = ?",
    )
    .bind(offset_to_sql(step.to.next)?)
    .bind(offset_to_sql(step.to.source_next)?)
    .bind(mark_to_sql(step.to.last))
    .bind(&stream.topic)
    .bind(i64::from(stream.partition.0))
    .bind(offset_to_sql(step.from.next)?)
    .bind(offset_to_sql(step.from.source_next)?)
    .execute(&mut *connection)
    .await
    .map_err(classify)?;
    if moved.rows_affected() == 1 {
        return Ok(());
    }
    if step.from == Checkpoint::default() && first_checkpoint(connection, step).await? {
        return Ok(());
    }
    Err(StoreError::CheckpointMoved(stream.clone()))
}

/// Whether the stream had no checkpoint yet, and now has.
async fn first_checkpoint(
    connection: &mut MySqlConnection,
    step: &CheckpointMove,
) -> Result<bool, StoreError> {
    let added = query(
        "insert into checkpoints (topic, `partition`, next_offset, source_next_offset, last_mark)
         values (?, ?, ?, ?, ?)",
    )
    .bind(&step.stream.topic)
    .bind(i64::from(step.stream.partition.0))
    .bind(offset_to_sql(step.to.next)?)
    .bind(offset_to_sql(step.to.source_next)?)
    .bind(mark_to_sql(step.to.last))
    .execute(connection)
    .await;
    match added {
        Ok(_) => Ok(true),
        Err(error) if is_there(&error) => Ok(false),
        Err(error) => Err(classify(error)),
    }
}

/// Keeps how many partitions a topic has.
pub async fn set_partitions(
    connection: &mut MySqlConnection,
    topic: &str,
    partitions: u32,
) -> Result<(), StoreError> {
    query(
        "insert into topics (topic, `partitions`) values (?, ?)
         on duplicate key update `partitions` = values(`partitions`)",
    )
    .bind(topic)
    .bind(i64::from(partitions))
    .execute(connection)
    .await
    .map_err(classify)?;
    Ok(())
}

/// Whether this server takes writes, and has the schema.
pub async fn check(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    // Only a write tells: who is allowed to write to a read-only server is not told that it is one.
    query("delete from checkpoints where topic = '' and `partition` = -1")
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(())
}
