//! One batch, or several that waited, one transaction.

mod gathering;
mod orders;

pub use gathering::Gathering;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};
use sqlx::{Connection as _, query};

use super::errors::classify;
use crate::trading::write as trading;
use crate::{ProjectionBatch, StoreError, writing};

/// What came of the work on `connection`. A full disk or an I/O error may have ended the transaction
/// inside SQLite, unknown to the driver (<https://www.sqlite.org/lang_transaction.html>, section 2.2.1),
/// so that the connection can't be trusted with another: it is closed.
fn settle(
    mut connection: PoolConnection<Sqlite>,
    outcome: Result<(), StoreError>,
) -> Result<(), StoreError> {
    if let Err(StoreError::Unavailable(_) | StoreError::Configuration(_)) = outcome {
        connection.close_on_drop();
    }
    outcome
}

/// Writes the batches. Whatever fails drops the transaction, which rolls all of them back.
async fn apply_on(
    connection: &mut SqliteConnection,
    batches: &[&ProjectionBatch],
) -> Result<(), StoreError> {
    // Taking the write lock at once means that nothing that is read below can change any more.
    let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
    for batch in batches {
        writing::move_checkpoints(&mut *transaction, &batch.moves).await?;
    }
    let orders = batches.iter().flat_map(|batch| &batch.orders).collect();
    orders::write(&mut transaction, orders).await?;
    for batch in batches {
        trading::write(&mut *transaction, &batch.trading).await?;
        writing::park(&mut *transaction, batch).await?;
    }
    transaction.commit().await.map_err(classify)
}

/// Keeps how many partitions a topic has.
pub async fn set_partitions(
    writer: &SqlitePool,
    topic: &str,
    partitions: u32,
) -> Result<(), StoreError> {
    let mut connection = writer.acquire().await.map_err(classify)?;
    let written = writing::set_partitions(&mut *connection, topic, partitions).await;
    settle(connection, written)
}

/// Whether the file can be written: takes the write lock and gives it back.
pub async fn check(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut connection = writer.acquire().await.map_err(classify)?;
    let outcome = check_on(&mut connection).await;
    settle(connection, outcome)
}

async fn check_on(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
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
