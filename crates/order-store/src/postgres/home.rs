//! The generations of a Postgres store: generation 1 is in the schema that the URL leads to (`public`),
//! generation *n* in the schema `seriatim_g<n>` of the same database; where the URL leads to another
//! schema, in `<schema>_g<n>`.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgConnection, Postgres};
use sqlx::{AssertSqlSafe, Connection as _, query, query_scalar, raw_sql};
use tokio::time::timeout;

use super::errors::classify;
use super::{
    ACQUIRE_TIMEOUT, PostgresStore, READ_TIMEOUT, at_most, connect_alone, migrate, options_of,
    reading, unhurried,
};
use crate::connections::{Connections, settle};
use crate::generations::{
    Entry, Generation, GenerationLock, GenerationStore, Home, Statement, TABLE, TABLES,
};
use crate::{OrderStore, StoreError};

/// The schema that a store's URL leads to.
pub(crate) struct PostgresHome {
    options: PgConnectOptions,
    /// For the table of generations.
    reader: Connections<Postgres>,
}

impl PostgresHome {
    /// See [`PostgresStore::open`].
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        let options = options_of(url)?;
        let reader = Connections::new(at_most(1), reading(options.clone()));
        Ok(Self { options, reader })
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        connect_alone(&unhurried(self.options.clone())).await
    }

    /// The schema of a later generation, quoted.
    async fn place(&self, generation: Generation) -> Result<String, StoreError> {
        let mut connection = self.reader.acquire(ACQUIRE_TIMEOUT).await?;
        let asking = async {
            let schema = query_scalar("select cast(current_schema() as text)");
            schema.fetch_one(&mut *connection).await.map_err(classify)
        };
        let outcome = timeout(READ_TIMEOUT, asking).await;
        let home: Option<String> = settle(connection, outcome)?;
        match home.as_deref() {
            Some("public") => Ok(format!("\"seriatim_g{generation}\"")),
            Some(schema) => Ok(format!("\"{}_g{generation}\"", schema.replace('"', "\"\""))),
            None => {
                let text = "there is no schema that the store's URL leads to".to_owned();
                Err(StoreError::Configuration(text))
            }
        }
    }

    async fn execute(&self, statements: Vec<String>) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        let mut transaction = connection.begin().await.map_err(classify)?;
        for sql in statements {
            raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await.map_err(classify)?;
        }
        transaction.commit().await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }
}

async fn read_entries(connection: &mut PgConnection) -> Result<Vec<Entry>, StoreError> {
    let is_there = format!("select to_regclass('{TABLE}') is not null");
    let there: bool = query_scalar(AssertSqlSafe(is_there))
        .fetch_one(&mut *connection)
        .await
        .map_err(classify)?;
    if !there {
        return Ok(Vec::new());
    }
    let select = format!("select {} from {TABLE} order by generation", Entry::COLUMNS);
    let rows = query(AssertSqlSafe(select)).fetch_all(connection).await.map_err(classify)?;
    rows.iter().map(Entry::read).collect()
}

#[async_trait]
impl Home for PostgresHome {
    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError> {
        let options = match generation {
            Generation::FIRST => self.options.clone(),
            later => self.options.clone().options([("search_path", self.place(later).await?)]),
        };
        let store = Arc::new(PostgresStore::over(options));
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
        let mut transaction = connection.begin().await.map_err(classify)?;
        let create = format!(
            "create table if not exists {TABLE}
             (generation bigint primary key, state text not null, schema_version bigint)"
        );
        raw_sql(AssertSqlSafe(create)).execute(&mut *transaction).await.map_err(classify)?;
        for statement in &statements {
            let sql = AssertSqlSafe(statement.sql.clone());
            let done = raw_sql(sql).execute(&mut *transaction).await.map_err(classify)?;
            statement.check(done.rows_affected())?;
        }
        transaction.commit().await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }

    /// An advisory lock, which the server gives back when the connection ends.
    async fn lock(&self) -> Result<Option<GenerationLock>, StoreError> {
        let mut connection = self.connect().await?;
        let held: bool = query_scalar(
            "select pg_try_advisory_lock(hashtext('seriatim rebuild'), hashtext(current_schema()))",
        )
        .fetch_one(&mut connection)
        .await
        .map_err(classify)?;
        Ok(held.then(|| GenerationLock::new(connection)))
    }

    async fn make_place(&self, generation: Generation) -> Result<(), StoreError> {
        let place = self.place(generation).await?;
        self.execute(vec![format!("create schema if not exists {place}")]).await
    }

    async fn clear(&self, generation: Generation) -> Result<(), StoreError> {
        if generation == Generation::FIRST {
            let drop = |table| format!("drop table if exists {table}");
            return self.execute(TABLES.map(drop).to_vec()).await;
        }
        let place = self.place(generation).await?;
        self.execute(vec![format!("drop schema if exists {place} cascade")]).await
    }
}
