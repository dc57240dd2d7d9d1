//! Which orders wait for a retry or for a person.

use sqlx::mysql::MySqlConnection;
use sqlx::query;

use crate::mysql::errors::classify;
use crate::stored::{offset_to_sql, tier_to_sql};
use crate::{ParkedSubject, ProjectionBatch, StoreError};

pub async fn write(
    connection: &mut MySqlConnection,
    batch: &ProjectionBatch,
) -> Result<(), StoreError> {
    for (partition, order_id) in &batch.unpark {
        query("delete from parked_subjects where `partition` = ? and order_id = ?")
            .bind(i64::from(partition.0))
            .bind(order_id.0)
            .execute(&mut *connection)
            .await
            .map_err(classify)?;
    }
    for subject in &batch.park {
        park(connection, subject).await?;
    }
    Ok(())
}

async fn park(connection: &mut MySqlConnection, subject: &ParkedSubject) -> Result<(), StoreError> {
    query(
        "insert into parked_subjects
         (`partition`, order_id, retry_tier, last_source_offset, since_ms, cause)
         values (?, ?, ?, ?, ?, ?)
         on duplicate key update
         retry_tier = values(retry_tier), last_source_offset = values(last_source_offset),
         since_ms = values(since_ms), cause = values(cause)",
    )
    .bind(i64::from(subject.partition.0))
    .bind(subject.order_id.0)
    .bind(tier_to_sql(subject.tier).map(i64::from))
    .bind(offset_to_sql(subject.last_source)?)
    .bind(subject.since.0)
    .bind(&subject.cause)
    .execute(connection)
    .await
    .map_err(classify)?;
    Ok(())
}
