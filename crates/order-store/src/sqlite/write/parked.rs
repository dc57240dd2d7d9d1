//! Which orders wait for a retry or for a person.

use sqlx::sqlite::Sqlite;
use sqlx::{Transaction, query};

use crate::sqlite::errors::classify;
use crate::stored::{offset_to_sql, tier_to_sql};
use crate::{ParkedSubject, ProjectionBatch, StoreError};

pub async fn write(
    transaction: &mut Transaction<'_, Sqlite>,
    batch: &ProjectionBatch,
) -> Result<(), StoreError> {
    for (partition, order_id) in &batch.unpark {
        query("delete from parked_subjects where partition = ? and order_id = ?")
            .bind(i64::from(partition.0))
            .bind(order_id.0)
            .execute(&mut **transaction)
            .await
            .map_err(classify)?;
    }
    for subject in &batch.park {
        park(transaction, subject).await?;
    }
    Ok(())
}

async fn park(
    transaction: &mut Transaction<'_, Sqlite>,
    subject: &ParkedSubject,
) -> Result<(), StoreError> {
    query(
        "insert or replace into parked_subjects
         (partition, order_id, retry_tier, last_source_offset, since_ms, cause)
         values (?, ?, ?, ?, ?, ?)",
    )
    .bind(i64::from(subject.partition.0))
    .bind(subject.order_id.0)
    .bind(tier_to_sql(subject.tier))
    .bind(offset_to_sql(subject.last_source)?)
    .bind(subject.since.0)
    .bind(&subject.cause)
    .execute(&mut **transaction)
    .await
    .map_err(classify)?;
    Ok(())
}
