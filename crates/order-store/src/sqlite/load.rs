//! Indexes that are made when all rows are there.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, query, query_scalar, raw_sql};

use super::errors::classify;
use super::{SqliteStore, WRITE_CACHE_KIB};
use crate::StoreError;
use crate::generations::{BulkLoad, DEFERRED};
use crate::rows::Columns as _;

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
             where type = 'index' and sql is not null"
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
        transaction.commit().await.map_err(classify)
    }

    async fn end_load(&self) -> Result<(), StoreError> {
        let mut connection = self.loading.connect().await.map_err(classify)?;
        // In memory a sort would hold all keys at once.
        let sort_in_files =
            format!("pragma temp_store = file; pragma cache_size = -{WRITE_CACHE_KIB}");
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
        let done = AssertSqlSafe(format!("drop table {DEFERRED}"));
        raw_sql(done).execute(&mut connection).await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }
}
