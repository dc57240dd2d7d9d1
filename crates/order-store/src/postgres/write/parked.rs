//! Which orders wait for a retry or for a person.

use sqlx::postgres::PgConnection;
use sqlx::query;

use crate::postgres::errors::classify;
use crate::stored::{offset_to_sql, tier_to_sql};
use crate::{ParkedSubject, ProjectionBatch, StoreError};

pub async fn write(
    connection: &mut PgConnection,
    batch: &ProjectionBatch,
) -> Result<(), StoreError> {
    for (partition, order_id) in &batch.unpark {
        query("delete from parked_subjects where partition = $1 and order_id = $2")
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

async fn park(connection: &mut PgConnection, subject: &ParkedSubject) -> Result<(), StoreError> {
    query(
        "insert into parked_subjects
         (partition, order_id, retry_tier, last_source_offset, since_ms, cause)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (partition, order_id) do update set
         retry_tier = excluded.retry_tier, last_source_offset = excluded.last_source_offset,
         since_ms = excluded.since_ms, cause = excluded.cause",
    )
    .bind(i64::from(subject.partition.0))
    .bind(subject.order_id.0)
    .bind(tier_to_sql(subject.tier).map(i64::from))
    .bind(offset_to_sql(subject.last_source)?)
    .bind(subject.since.0)
    // Postgres takes no NUL in a text, and a cause may quote one.
    .bind(subject.cause.replace('\0', "\u{fffd}"))
    .execute(connection)
    .await
    .map_err(classify)?;
    Ok(())
}
