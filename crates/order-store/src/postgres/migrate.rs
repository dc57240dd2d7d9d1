//! The schema of the Postgres store, step by step.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, SqlSafeStr};
use tokio::time::timeout;

use super::ACQUIRE_TIMEOUT;
use super::errors::{classify, classify_migration};
use crate::StoreError;

fn migrations() -> Migrator {
    let orders = Migration::new(
        1,
        "orders".into(),
        MigrationType::Simple,
        include_str!("../../migrations/postgres/0001_orders.sql").into_sql_str(),
        false,
    );
    Migrator::with_migrations(vec![orders])
}

/// Applies what is missing, under sqlx's advisory lock: a second starter waits and then finds
/// nothing to do.
///
/// On a connection of its own: a failure in the middle must not leave that lock in a pool, and
/// building an index may take longer than a statement may.
pub async fn run(options: &PgConnectOptions) -> Result<(), StoreError> {
    let connecting = timeout(ACQUIRE_TIMEOUT, options.connect()).await;
    let mut connection = connecting
        .map_err(|_| StoreError::Unavailable("Postgres did not answer in time".to_owned()))?
        .map_err(classify)?;
    migrations().run_direct(None, &mut connection, false).await.map_err(classify_migration)?;
    connection.close().await.map_err(classify)
}
