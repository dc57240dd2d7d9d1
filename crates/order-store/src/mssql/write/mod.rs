//! One batch, one transaction.

mod orders;
mod parked;

use super::connection::Connection;
use super::read::{BEGIN, COMMIT};
use crate::rows::Columns as _;
use crate::stored::{mark_to_sql, offset_to_sql};
use crate::trading::session::{Value, text};
use crate::trading::write as trading;
use crate::{Checkpoint, CheckpointMove, ProjectionBatch, StoreError};

/// Writes the batch. Whatever fails ends the connection, and the server rolls back.
pub async fn apply(connection: &mut Connection, batch: &ProjectionBatch) -> Result<(), StoreError> {
    connection.batch(BEGIN).await?;
    write(connection, batch).await?;
    connection.batch(COMMIT).await?;
    Ok(())
}

async fn write(connection: &mut Connection, batch: &ProjectionBatch) -> Result<(), StoreError> {
    // In one order for everybody, so that two projectors wait for one another instead of dying.
    let mut moves: Vec<&CheckpointMove> = batch.moves.iter().collect();
    moves.sort_by(|one, other| one.stream.cmp(&other.stream));
    for step in moves {
        move_checkpoint(connection, step).await?;
    }
    orders::write(connection, &batch.orders).await?;
    trading::write(connection, &batch.trading).await?;
    parked::write(connection, batch).await
}

/// Another projector's move of the same stream is waited for, and then seen.
async fn move_checkpoint(
    connection: &mut Connection,
    step: &CheckpointMove,
) -> Result<(), StoreError> {
    let stream = &step.stream;
    let sql = "update checkpoints
set next_offset = @P3, source_next_offset = @P4, last_mark = @P5
where topic = @P1 and [partition] = @P2 and next_offset = @P6 and source_next_offset = @P7;
select @@rowcount";
    let mut values = checkpoint_values(step)?;
    values.push(Value::Number(offset_to_sql(step.from.next)?));
    values.push(Value::Number(offset_to_sql(step.from.source_next)?));
    if changed_one(connection, sql, &values).await? {
        return Ok(());
    }
    if step.from == Checkpoint::default() && first_checkpoint(connection, step).await? {
        return Ok(());
    }
    Err(StoreError::CheckpointMoved(stream.clone()))
}

/// Whether the stream had no checkpoint yet, and now has. The place of its row is locked while it is
/// looked for, so that another projector waits there, too.
async fn first_checkpoint(
    connection: &mut Connection,
    step: &CheckpointMove,
) -> Result<bool, StoreError> {
    let sql =
        "insert into checkpoints (topic, [partition], next_offset, source_next_offset, last_mark)
select @P1, @P2, @P3, @P4, @P5
where not exists (select 1 from checkpoints with (updlock, holdlock)
                  where topic = @P1 and [partition] = @P2);
select @@rowcount";
    changed_one(connection, sql, &checkpoint_values(step)?).await
}

/// Its stream, and where it goes to.
fn checkpoint_values(step: &CheckpointMove) -> Result<Vec<Value<'_>>, StoreError> {
    Ok(vec![
        text(&step.stream.topic),
        Value::Number(step.stream.partition.0.into()),
        Value::Number(offset_to_sql(step.to.next)?),
        Value::Number(offset_to_sql(step.to.source_next)?),
        Value::NumberOrNull(mark_to_sql(step.to.last)),
    ])
}

async fn changed_one(
    connection: &mut Connection,
    sql: &str,
    values: &[Value<'_>],
) -> Result<bool, StoreError> {
    let counted = connection.query(sql, values).await?;
    counted.first().map_or(Ok(false), |row| Ok(row.number(0)? == 1))
}

/// Keeps how many partitions a topic has.
pub async fn set_partitions(
    connection: &mut Connection,
    topic: &str,
    partitions: u32,
) -> Result<(), StoreError> {
    let sql = "update topics set partitions = @P2 where topic = @P1;
if @@rowcount = 0 insert into topics (topic, partitions) values (@P1, @P2)";
    connection.query(sql, &[text(topic), Value::Number(partitions.into())]).await?;
    Ok(())
}

/// Whether this database takes writes, and has the schema.
pub async fn check(connection: &mut Connection) -> Result<(), StoreError> {
    let sql = "select top (1) 1 from checkpoints;
select cast(databasepropertyex(db_name(), 'Updateability') as nvarchar(20))";
    let answer = connection.batch(sql).await?;
    match answer.first().map(|row| row.text(0)).transpose()? {
        Some("READ_WRITE") => Ok(()),
        _ => Err(StoreError::Unavailable("this SQL Server database is read-only".to_owned())),
    }
}
