//! One batch, one transaction.

mod orders;

use super::connection::Connection;
use super::read::{BEGIN, COMMIT};
use crate::rows::Columns as _;
use crate::trading::write as trading;
use crate::{ProjectionBatch, StoreError, writing};

/// Writes the batch. Whatever fails ends the connection, and the server rolls back.
pub async fn apply(connection: &mut Connection, batch: &ProjectionBatch) -> Result<(), StoreError> {
    connection.batch(BEGIN).await?;
    writing::move_checkpoints(connection, &batch.moves).await?;
    orders::write(connection, &batch.orders).await?;
    trading::write(connection, &batch.trading).await?;
    writing::park(connection, batch).await?;
    connection.batch(COMMIT).await?;
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
