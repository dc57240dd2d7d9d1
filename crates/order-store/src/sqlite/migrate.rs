//! The schema of the SQLite store, step by step.

use sqlx::SqlitePool;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnection;

use super::errors::{classify, classify_migration};
use crate::StoreError;

fn migrations() -> Migrator {
    let orders = Migration::new(
        1,
        "orders".into(),
        MigrationType::Simple,
        sqlx::SqlSafeStr::into_sql_str(include_str!("../../migrations/sqlite/0001_orders.sql")),
        false,
    );
    Migrator::with_migrations(vec![orders])
}

/// Applies what is missing. A second starter waits for the first one's transaction and then finds
/// nothing to do: SQLite has no lock of its own for migrations.
pub async fn run(writer: &SqlitePool) -> Result<(), StoreError> {
    let mut transaction = writer.begin_with("begin immediate").await.map_err(classify)?;
    let connection: &mut SqliteConnection = &mut transaction;
    migrations().run_direct(None, connection, false).await.map_err(classify_migration)?;
    transaction.commit().await.map_err(classify)
}
