//! The schema of the Postgres store, step by step.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, SqlSafeStr};

use super::connect_alone;
use super::errors::{classify, classify_migration};
use crate::StoreError;

fn migrations() -> Migrator {
    let step = |version, name: &'static str, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(version, name.into(), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        step(1, "orders", include_str!("../../migrations/postgres/0001_orders.sql")),
        step(2, "log identity", include_str!("../../migrations/postgres/0002_log_identity.sql")),
        step(3, "markets", include_str!("../../migrations/postgres/0003_markets.sql")),
    ])
}

/// The version that [`run`] brings the schema up to.
pub fn schema_version() -> i64 {
    migrations().iter().map(|step| step.version).max().unwrap_or_default()
}

/// Applies what is missing, under sqlx's advisory lock: a second starter waits and then finds
/// nothing to do.
///
/// On a connection of its own: a failure in the middle must not leave that lock in a pool, and
/// building an index may take longer than a statement may.
pub async fn run(options: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = connect_alone(options).await?;
    migrations().run_direct(None, &mut connection, false).await.map_err(classify_migration)?;
    connection.close().await.map_err(classify)
}
