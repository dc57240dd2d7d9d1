//! What is written beside orders in the same words to every database, but for those of its [`Dialect`]:
//! checkpoints, how many partitions there are, and what waits.
//!
//! [`Dialect`]: crate::trading::dialect::Dialect

use crate::stored::{mark_to_sql, offset_to_sql, tier_to_sql};
use crate::trading::session::{Question, Session, Value, text};
use crate::{Checkpoint, CheckpointMove, ParkedSubject, ProjectionBatch, StoreError};

/// Moves the checkpoints of a batch, each by compare-and-set.
pub async fn move_checkpoints<S: Session>(
    session: &mut S,
    moves: &[CheckpointMove],
) -> Result<(), StoreError> {
    // In one order for everybody, so that two projectors wait for one another instead of dying.
    let mut moves: Vec<&CheckpointMove> = moves.iter().collect();
    moves.sort_by(|one, other| one.stream.cmp(&other.stream));
    for step in moves {
        move_checkpoint(session, step).await?;
    }
    Ok(())
}

/// Another projector's move of the same stream is waited for, and then seen.
async fn move_checkpoint<S: Session>(
    session: &mut S,
    step: &CheckpointMove,
) -> Result<(), StoreError> {
    let partition = S::DIALECT.quoted("partition");
    let sql = format!(
        "update checkpoints set next_offset = $3, source_next_offset = $4, last_mark = $5
         where topic = $1 and {partition} = $2 and next_offset = $6 and source_next_offset = $7"
    );
    let mut values = values_of(step)?;
    values.push(Value::Number(offset_to_sql(step.from.next)?));
    values.push(Value::Number(offset_to_sql(step.from.source_next)?));
    if Question::new(sql, values).tell(session).await? == 1 {
        return Ok(());
    }
    // A stream of which nothing was projected has no checkpoint yet.
    if step.from == Checkpoint::default() {
        let columns = ["topic", "partition", "next_offset", "source_next_offset", "last_mark"];
        let sql = S::DIALECT.insert_new("checkpoints", &columns, 2);
        if Question::new(sql, values_of(step)?).tell(session).await? == 1 {
            return Ok(());
        }
    }
    Err(StoreError::CheckpointMoved(step.stream.clone()))
}

/// Its stream, and where it goes to.
fn values_of(step: &CheckpointMove) -> Result<Vec<Value<'_>>, StoreError> {
    Ok(vec![
        text(&step.stream.topic),
        Value::Number(step.stream.partition.0.into()),
        Value::Number(offset_to_sql(step.to.next)?),
        Value::Number(offset_to_sql(step.to.source_next)?),
        Value::NumberOrNull(mark_to_sql(step.to.last)),
    ])
}

/// Keeps how many partitions a topic has.
pub async fn set_partitions<S: Session>(
    session: &mut S,
    topic: &str,
    partitions: u32,
) -> Result<(), StoreError> {
    let sql = S::DIALECT.put("topics", &["topic", "partitions"], 1);
    let values = vec![text(topic), Value::Number(partitions.into())];
    Question::new(sql, values).tell(session).await.map(drop)
}

/// Lets orders wait, and others wait no more.
pub async fn park<S: Session>(session: &mut S, batch: &ProjectionBatch) -> Result<(), StoreError> {
    let column = S::DIALECT.quoted("partition");
    for (partition, order_id) in &batch.unpark {
        let sql = format!("delete from parked_subjects where {column} = $1 and order_id = $2");
        let values = vec![Value::Number(partition.0.into()), Value::Id(order_id.0)];
        Question::new(sql, values).tell(session).await?;
    }
    for subject in &batch.park {
        park_one(session, subject).await?;
    }
    Ok(())
}

async fn park_one<S: Session>(session: &mut S, subject: &ParkedSubject) -> Result<(), StoreError> {
    let columns =
        ["partition", "order_id", "retry_tier", "last_source_offset", "since_ms", "cause"];
    let sql = S::DIALECT.put("parked_subjects", &columns, 2);
    let values = vec![
        Value::Number(subject.partition.0.into()),
        Value::Id(subject.order_id.0),
        Value::NumberOrNull(tier_to_sql(subject.tier).map(i64::from)),
        Value::Number(offset_to_sql(subject.last_source)?),
        Value::Number(subject.since.0),
        // Postgres takes no NUL in a text, and a cause may quote one.
        Value::Text(subject.cause.replace('\0', "\u{fffd}").into()),
    ];
    Question::new(sql, values).tell(session).await.map(drop)
}
