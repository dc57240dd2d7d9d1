//! The generations of a SQL Server store: generation 1 is the database that the URL names, generation *n*
//! the database `<database>_g<n>` of the same server, which the login must be allowed to make
//! (`dbcreator`). In Azure SQL, where databases are made elsewhere, it must be there before the rebuild.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{sleep, timeout};

use super::connection::{Connection, Isolation};
use super::connections::{Connections, settle};
use super::options::Options;
use super::read::{BEGIN, COMMIT};
use super::{ACQUIRE_TIMEOUT, MssqlStore, READ_TIMEOUT, migrate};
use crate::generations::{
    Entry, Generation, GenerationLock, GenerationStore, Home, Statement, TABLE, TABLES,
};
use crate::rows::Columns as _;
use crate::{OrderStore, StoreError};

/// Held by the connection until that ends. Source: documentation of `sp_getapplock`.
const LOCK: &str = "declare @outcome int;
exec @outcome = sp_getapplock @Resource = N'seriatim rebuild', @LockMode = N'Exclusive',
     @LockOwner = N'Session', @LockTimeout = 0;
select @outcome";

/// How often a database is tried to be made or dropped while others are in the way.
const PLACE_TRIES_MAX: u32 = 50;

/// The pause between two tries.
const PLACE_PAUSE: Duration = Duration::from_millis(200);

/// The database that a store's URL names.
pub(crate) struct MssqlHome {
    options: Options,
    /// For the table of generations.
    reader: Connections,
}

impl MssqlHome {
    /// See [`MssqlStore::open`].
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        let options = Options::parse(url)?;
        let reader = Connections::new(options.clone(), Isolation::ReadCommitted, 1)?;
        Ok(Self { options, reader })
    }

    /// The database of a later generation.
    fn place(&self, generation: Generation) -> String {
        format!("{}_g{generation}", self.options.database)
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        Connection::open_within(ACQUIRE_TIMEOUT, &self.options, Isolation::ReadCommitted).await
    }

    /// Makes or drops a database. Two can't be made at one moment, and between the moment when all others
    /// are put out of a database and that when it is dropped somebody may have come in.
    async fn insist(&self, sql: &str) -> Result<(), StoreError> {
        let mut tries = 1;
        loop {
            match self.connect().await?.batch(sql).await {
                Err(StoreError::Unavailable(_)) if tries < PLACE_TRIES_MAX => {
                    tries += 1;
                    sleep(PLACE_PAUSE).await;
                }
                done => return done.map(drop),
            }
        }
    }
}

/// A name as a text, and as a name.
fn spelled(name: &str) -> (String, String) {
    (format!("N'{}'", name.replace('\'', "''")), format!("[{}]", name.replace(']', "]]")))
}

/// The rows of the table; no answer where there is none.
fn entries_sql() -> String {
    format!(
        "if object_id(N'{TABLE}', N'U') is not null
select {} from {TABLE} order by generation",
        Entry::COLUMNS
    )
}

fn table_sql() -> String {
    format!(
        "if object_id(N'{TABLE}', N'U') is null
create table {TABLE} (
    generation bigint not null constraint {TABLE}_key primary key clustered,
    state nvarchar(16) not null,
    schema_version bigint
)"
    )
}

/// Only a database that nobody uses can be dropped.
fn drop_sql(database: &str) -> String {
    let (text, name) = spelled(database);
    format!(
        "if db_id({text}) is not null
begin
    alter database {name} set single_user with rollback immediate;
    drop database {name};
end"
    )
}

async fn read_entries(connection: &mut Connection) -> Result<Vec<Entry>, StoreError> {
    connection.batch(&entries_sql()).await?.iter().map(Entry::read).collect()
}

#[async_trait]
impl Home for MssqlHome {
    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError> {
        let options = match generation {
            Generation::FIRST => self.options.clone(),
            later => self.options.of_generation(self.place(later)),
        };
        let store = Arc::new(MssqlStore::over(options)?);
        Ok(GenerationStore { store: OrderStore::of(store.clone()), load: store })
    }

    fn schema_version(&self) -> i64 {
        migrate::schema_version()
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut connection = self.reader.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(READ_TIMEOUT, read_entries(&mut connection)).await;
        settle(connection, outcome)
    }

    async fn change(&self, statements: Vec<Statement>) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        connection.batch(BEGIN).await?;
        connection.batch(&table_sql()).await?;
        for statement in &statements {
            let counted = format!("{};\nselect cast(@@rowcount as bigint)", statement.sql);
            let answer = connection.batch(&counted).await?;
            let changed = answer.first().map_or(Ok(0), |row| row.number(0))?;
            // What is not committed is rolled back with the connection.
            statement.check(changed.unsigned_abs())?;
        }
        connection.batch(COMMIT).await.map(drop)
    }

    async fn lock(&self) -> Result<Option<GenerationLock>, StoreError> {
        let mut connection = self.connect().await?;
        let answer = connection.batch(LOCK).await?;
        let outcome = answer.first().map(|row| row.number(0)).transpose()?;
        Ok(matches!(outcome, Some(0..)).then(|| GenerationLock::new(connection)))
    }

    async fn make_place(&self, generation: Generation) -> Result<(), StoreError> {
        let (text, name) = spelled(&self.place(generation));
        self.insist(&format!("if db_id({text}) is null create database {name}")).await
    }

    async fn clear(&self, generation: Generation) -> Result<(), StoreError> {
        if generation == Generation::FIRST {
            let tables = TABLES.join(", ");
            let sql = format!("drop table if exists {tables}, order_words, schema_versions");
            return self.connect().await?.batch(&sql).await.map(drop);
        }
        self.insist(&drop_sql(&self.place(generation))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_data() {
        let (text, name) = spelled("it's]; drop table x --_g2");
        assert_eq!(text, "N'it''s]; drop table x --_g2'");
        assert_eq!(name, "[it's]]; drop table x --_g2]");
    }

    #[test]
    fn generations_are_kept_and_dropped_in_these_words() {
        insta::assert_snapshot!(entries_sql(), @r"
        if object_id(N'projection_generations', N'U') is not null
        select generation, state, schema_version from projection_generations order by generation
        ");
        insta::assert_snapshot!(table_sql(), @r"
        if object_id(N'projection_generations', N'U') is null
        create table projection_generations (
            generation bigint not null constraint projection_generations_key primary key clustered,
            state nvarchar(16) not null,
            schema_version bigint
        )
        ");
        insta::assert_snapshot!(drop_sql("shop_g2"), @r"
        if db_id(N'shop_g2') is not null
        begin
            alter database [shop_g2] set single_user with rollback immediate;
            drop database [shop_g2];
        end
        ");
    }
}
