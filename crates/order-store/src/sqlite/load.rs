//! Indexes that are made when all rows are there, and one that is made in larger pieces meanwhile.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, query, query_scalar, raw_sql};

use super::errors::classify;
use super::{SqliteStore, WRITE_CACHE_KIB};
use crate::StoreError;
use crate::generations::{BulkLoad, DEFERRED};
use crate::rows::Columns as _;

/// Stays while rows are loaded: orders come about in the order of their time, so that it only grows behind
/// what it has of each status. To make it at the end would read all orders once more.
const KEPT: &str = "orders_by_status";

/// Threads that sort the keys of an index, beside the one that reads the rows.
const SORTING_THREADS: u32 = 2;

/// How the index over words gathers what is written: in pieces, which are merged as they become many.
/// Small pieces that are merged often leave readers few to look at; large ones that are merged late
/// cost less. (SQLite, "FTS5 Extension", 6 "Special INSERT Commands".)
struct Pieces {
    /// What a piece takes in memory at most before it is written, in bytes.
    hash_size: u32,
    /// From so many pieces of one level on they are merged little by little. 0: only once there are 16,
    /// and then at once.
    auto_merge: u32,
}

/// As long as nobody reads.
const LOADING: Pieces = Pieces { hash_size: 16 << 20, auto_merge: 0 };

/// What SQLite does without being told.
const USUAL: Pieces = Pieces { hash_size: 1 << 20, auto_merge: 4 };

impl Pieces {
    fn statement(&self) -> String {
        let Self { hash_size, auto_merge } = self;
        format!(
            "insert into order_words (order_words, rank)
             values ('hashsize', {hash_size}), ('automerge', {auto_merge})"
        )
    }
}

#[async_trait]
impl BulkLoad for SqliteStore {
    async fn begin_load(&self) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await.map_err(classify)?;
        let mut transaction = connection.begin_with("begin immediate").await.map_err(classify)?;
        // What has no text belongs to a key.
        let remember = format!(
            "create table if not exists {DEFERRED}
             (name text not null primary key, statement text not null) strict;
             insert or ignore into {DEFERRED} select name, sql from sqlite_schema
             where type = 'index' and sql is not null and name <> '{KEPT}'"
        );
        raw_sql(AssertSqlSafe(remember)).execute(&mut *transaction).await.map_err(classify)?;
        let names: Vec<String> =
            query_scalar(AssertSqlSafe(format!("select name from {DEFERRED}")))
                .fetch_all(&mut *transaction)
                .await
                .map_err(classify)?;
        for name in names {
            let drop = AssertSqlSafe(format!("drop index if exists {name}"));
            raw_sql(drop).execute(&mut *transaction).await.map_err(classify)?;
        }
        let large = AssertSqlSafe(LOADING.statement());
        raw_sql(large).execute(&mut *transaction).await.map_err(classify)?;
        transaction.commit().await.map_err(classify)
    }

    async fn end_load(&self) -> Result<(), StoreError> {
        let mut connection = self.loading.connect().await.map_err(classify)?;
        // In memory a sort would hold all keys at once.
        let sort_in_files = format!(
            "pragma temp_store = file; pragma cache_size = -{WRITE_CACHE_KIB};
             pragma threads = {SORTING_THREADS}"
        );
        raw_sql(AssertSqlSafe(sort_in_files)).execute(&mut connection).await.map_err(classify)?;
        let is_there = format!("select count(*) from sqlite_schema where name = '{DEFERRED}'");
        let tables: i64 = query_scalar(AssertSqlSafe(is_there))
            .fetch_one(&mut connection)
            .await
            .map_err(classify)?;
        if tables == 0 {
            return Ok(());
        }
        let deferred = query(AssertSqlSafe(format!("select name, statement from {DEFERRED}")))
            .fetch_all(&mut connection)
            .await
            .map_err(classify)?;
        for row in &deferred {
            let (name, statement) = (row.text(0)?, row.text(1)?.to_owned());
            let mut transaction =
                connection.begin_with("begin immediate").await.map_err(classify)?;
            raw_sql(AssertSqlSafe(statement)).execute(&mut *transaction).await.map_err(classify)?;
            query(AssertSqlSafe(format!("delete from {DEFERRED} where name = ?")))
                .bind(name)
                .execute(&mut *transaction)
                .await
                .map_err(classify)?;
            transaction.commit().await.map_err(classify)?;
        }
        let done = AssertSqlSafe(format!(
            "begin immediate; {}; drop table {DEFERRED}; commit",
            USUAL.statement()
        ));
        raw_sql(done).execute(&mut connection).await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }
}
