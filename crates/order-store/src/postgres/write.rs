//! One batch, one transaction.

mod orders;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, query, query_scalar};

use super::errors::classify;
use crate::trading::write as trading;
use crate::{ProjectionBatch, StoreError, writing};

/// Writes the batch. Whatever fails drops the transaction, which rolls it back.
pub async fn apply(
    connection: &mut PgConnection,
    batch: &ProjectionBatch,
) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await.map_err(classify)?;
    writing::move_checkpoints(&mut *transaction, &batch.moves).await?;
    orders::write(&mut transaction, &batch.orders).await?;
    trading::write(&mut *transaction, &batch.trading).await?;
    writing::park(&mut *transaction, batch).await?;
    transaction.commit().await.map_err(classify)
}

/// Whether this server takes writes, and has the schema.
pub async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    query("select 1 from checkpoints limit 1")
        .fetch_optional(&mut *connection)
        .await
        .map_err(classify)?;
    let read_only: String = query_scalar("select current_setting('transaction_read_only')")
        .fetch_one(connection)
        .await
        .map_err(classify)?;
    if read_only == "on" {
        return Err(StoreError::Unavailable("this Postgres server is read-only".to_owned()));
    }
    Ok(())
}
