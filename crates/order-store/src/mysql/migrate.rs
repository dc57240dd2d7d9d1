//! The schema of the MySQL store, step by step.

use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{Connection, SqlSafeStr, query_scalar, raw_sql};

use super::errors::{classify, classify_migration};
use super::session::connect_alone;
use crate::StoreError;

/// How long a starter waits for another one's migration, in seconds.
const LOCK_WAIT_S: i64 = 60;

/// The server's locks have one space of names for all its databases, and a name has 64 characters.
const LOCK: &str = "select get_lock(concat('seriatim ', md5(database())), ?)";

/// The steps that were done: the same table as in the other databases of sqlx.
const TABLE: &str = "_sqlx_migrations";

fn migrations() -> Migrator {
    let step = |version, name: &'static str, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(version, name.into(), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        step(1, "orders", include_str!("../../migrations/mysql/0001_orders.sql")),
        step(2, "markets", include_str!("../../migrations/mysql/0002_markets.sql")),
    ])
}

/// The version that [`run`] brings the schema up to.
pub fn schema_version() -> i64 {
    migrations().iter().map(|step| step.version).max().unwrap_or_default()
}

/// Applies what is missing, under a lock: a second starter waits and then finds nothing to do.
///
/// On a connection of its own, whose end also ends the lock. sqlx's own way is of no use here: it marks
/// a step as begun before the step, and gives up on one that was cut off, because MySQL commits after
/// every change of the schema; and it asks for the lock in a way that MariaDB refuses. Our steps can be
/// begun again, and are marked when they are done.
pub async fn run(options: &MySqlConnectOptions) -> Result<(), StoreError> {
    let mut connection = connect_alone(options).await?;
    lock(&mut connection).await?;
    migrate(&mut connection).await?;
    connection.close().await.map_err(classify)
}

async fn lock(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    let locked: Option<i64> =
        query_scalar(LOCK).bind(LOCK_WAIT_S).fetch_one(connection).await.map_err(classify)?;
    match locked {
        Some(1) => Ok(()),
        Some(_) => Err(StoreError::Unavailable("another process migrates the schema".to_owned())),
        None => Err(StoreError::Unavailable("the server gave no lock".to_owned())),
    }
}

async fn migrate(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    let migrations = migrations();
    connection.ensure_migrations_table(TABLE).await.map_err(classify_migration)?;
    let applied = connection.list_applied_migrations(TABLE).await.map_err(classify_migration)?;
    for applied in &applied {
        let version = applied.version;
        let known = migrations.iter().find(|step| step.version == version);
        let Some(step) = known else {
            return Err(StoreError::Configuration(format!(
                "the schema has version {version}, which is newer than this build"
            )));
        };
        if step.checksum != applied.checksum {
            return Err(StoreError::Configuration(format!(
                "migration {version} of the schema is not the one of this build"
            )));
        }
    }
    for step in migrations.iter() {
        if applied.iter().all(|applied| applied.version != step.version) {
            apply(connection, step).await?;
        }
    }
    Ok(())
}

async fn apply(connection: &mut MySqlConnection, step: &Migration) -> Result<(), StoreError> {
    let done = raw_sql(step.sql.clone()).execute(&mut *connection).await.map_err(classify);
    if let Err(error) = done {
        return Err(match error {
            unavailable @ StoreError::Unavailable(_) => unavailable,
            other => StoreError::Configuration(format!("migration {}: {other}", step.version)),
        });
    }
    // Notes that the step was done.
    connection.skip(TABLE, step).await.map_err(classify_migration)
}
