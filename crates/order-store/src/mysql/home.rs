//! The generations of a MySQL store: generation 1 is the database that the URL names, generation *n* the
//! database `<database>_g<n>` of the same server, which the URL's user must be allowed to make.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection as _, query, query_scalar, raw_sql};
use tokio::time::timeout;

use super::errors::classify;
use super::session::{Role, connect_alone};
use super::{ACQUIRE_TIMEOUT, MysqlStore, READ_TIMEOUT, migrate, options_of, pool};
use crate::connections::{Connections, settle};
use crate::generations::{
    Entry, Generation, GenerationLock, GenerationStore, Home, Statement, TABLE, TABLES,
};
use crate::{OrderStore, StoreError};

/// The server's locks have one space of names for all its databases, and a name has 64 characters.
const LOCK: &str = "select get_lock(concat('seriatim rebuild ', md5(database())), 0)";

/// The database that a store's URL names.
pub(crate) struct MysqlHome {
    options: MySqlConnectOptions,
    database: String,
    /// For the table of generations.
    reader: Connections<MySql>,
}

impl MysqlHome {
    /// See [`MysqlStore::open`].
    pub(crate) fn open(url: &str) -> Result<Self, StoreError> {
        let (options, database) = options_of(url)?;
        let reader = Connections::new(pool(Role::Reader, 1), options.clone());
        Ok(Self { options, database, reader })
    }

    /// The database of a generation.
    fn place(&self, generation: Generation) -> String {
        match generation {
            Generation::FIRST => self.database.clone(),
            later => format!("{}_g{later}", self.database),
        }
    }

    async fn connect(&self) -> Result<MySqlConnection, StoreError> {
        connect_alone(&self.options).await
    }

    async fn execute(&self, sql: String) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }
}

/// A name as the server takes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

async fn read_entries(connection: &mut MySqlConnection) -> Result<Vec<Entry>, StoreError> {
    let is_there = format!(
        "select count(*) from information_schema.tables
         where table_schema = database() and table_name = '{TABLE}'"
    );
    let tables: i64 = query_scalar(AssertSqlSafe(is_there))
        .fetch_one(&mut *connection)
        .await
        .map_err(classify)?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    let select = format!("select {} from {TABLE} order by generation", Entry::COLUMNS);
    let rows = query(AssertSqlSafe(select)).fetch_all(connection).await.map_err(classify)?;
    rows.iter().map(Entry::read).collect()
}

#[async_trait]
impl Home for MysqlHome {
    async fn open(&self, generation: Generation) -> Result<GenerationStore, StoreError> {
        let options = self.options.clone().database(&self.place(generation));
        let store = Arc::new(MysqlStore::over(options));
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
        // MySQL commits when a table is made: it is before the transaction.
        let create = format!(
            "create table if not exists {TABLE}
             (generation bigint primary key, state varchar(16) not null, schema_version bigint)
             engine = InnoDB"
        );
        raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.map_err(classify)?;
        let mut transaction = connection.begin().await.map_err(classify)?;
        for statement in &statements {
            let sql = AssertSqlSafe(statement.sql.clone());
            let done = raw_sql(sql).execute(&mut *transaction).await.map_err(classify)?;
            statement.check(done.rows_affected())?;
        }
        transaction.commit().await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }

    /// A named lock, which the server gives back when the connection ends.
    async fn lock(&self) -> Result<Option<GenerationLock>, StoreError> {
        let mut connection = self.connect().await?;
        // Nothing is said on it until it ends.
        raw_sql("set session wait_timeout = 2147483")
            .execute(&mut connection)
            .await
            .map_err(classify)?;
        let held: Option<i64> =
            query_scalar(LOCK).fetch_one(&mut connection).await.map_err(classify)?;
        Ok((held == Some(1)).then(|| GenerationLock::new(connection)))
    }

    async fn make_place(&self, generation: Generation) -> Result<(), StoreError> {
        let place = quoted(&self.place(generation));
        self.execute(format!("create database if not exists {place} character set utf8mb4")).await
    }

    async fn clear(&self, generation: Generation) -> Result<(), StoreError> {
        if generation == Generation::FIRST {
            let tables = TABLES.join(", ");
            return self.execute(format!("drop table if exists {tables}, order_words")).await;
        }
        self.execute(format!("drop database if exists {}", quoted(&self.place(generation)))).await
    }
}
