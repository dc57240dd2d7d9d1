//! The schema of the SQLite store, step by step.

use std::time::{Duration, Instant};

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};
use sqlx::{SqlSafeStr, Transaction};
use tokio::time::sleep;

use super::BUSY_TIMEOUT;
use super::errors::{classify, classify_migration, is_busy};
use crate::StoreError;

fn migrations() -> Migrator {
    let step = |version, name: &'static str, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(version, name.into(), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        step(1, "orders", include_str!("../../migrations/sqlite/0001_orders.sql")),
        step(2, "log identity", include_str!("../../migrations/sqlite/0002_log_identity.sql")),
        step(3, "markets", include_str!("../../migrations/sqlite/0003_markets.sql")),
    ])
}

/// The version that [`run`] brings the schema up to.
pub fn schema_version() -> i64 {
    migrations().iter().map(|step| step.version).max().unwrap_or_default()
}

/// How long to wait before the file is tried again.
const RETRY_DELAY: Duration = Duration::from_millis(20);

/// Applies what is missing. A second starter waits for the first one's transaction and then finds
/// nothing to do: SQLite has no lock of its own for migrations.
pub async fn run(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = begin(writer).await?;
    let connection: &mut SqliteConnection = &mut transaction;
    migrations().run_direct(None, connection, false).await.map_err(classify_migration)?;
    transaction.commit().await.map_err(classify)
}

/// SQLite waits for locks by itself, except when two connections turn a new file to WAL at once.
async fn begin(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, StoreError> {
    let give_up = Instant::now() + BUSY_TIMEOUT;
    loop {
        match writer.begin_with("begin immediate").await {
            Err(error) if is_busy(&error) && Instant::now() < give_up => sleep(RETRY_DELAY).await,
            begun => return begun.map_err(classify),
        }
    }
}
