//! One batch, one transaction.

mod orders;

use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, query};

use super::errors::classify;
use crate::trading::write as trading;
use crate::{ProjectionBatch, StoreError, writing};

/// Writes the batch. Whatever fails drops the transaction, which rolls it back.
pub async fn apply(
    connection: &mut MySqlConnection,
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
pub async fn check(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    // Only a write tells: who is allowed to write to a read-only server is not told that it is one.
    query("delete from checkpoints where topic = '' and `partition` = -1")
        .execute(connection)
        .await
        .map_err(classify)?;
    Ok(())
}
