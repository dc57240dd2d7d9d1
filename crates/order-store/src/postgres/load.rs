//! Indexes that are made when all rows are there.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Connection as _, query, query_scalar, raw_sql};

use super::errors::classify;
use super::{PostgresStore, connect_alone};
use crate::StoreError;
use crate::content::ContentTable;
use crate::generations::{BulkLoad, DEFERRED};
use crate::rows::Columns as _;

#[async_trait]
impl BulkLoad for PostgresStore {
    async fn begin_load(&self) -> Result<(), StoreError> {
        let mut connection = connect_alone(&self.unhurried).await?;
        let mut transaction = connection.begin().await.map_err(classify)?;
        // Those of keys belong to a constraint.
        let remember = format!(
            "create table if not exists {DEFERRED}
             (name text primary key, statement text not null);
             insert into {DEFERRED}
             select indexname, indexdef from pg_indexes
             where schemaname = current_schema() and not exists (
                 select 1 from pg_constraint
                 where connamespace = cast(cast(current_schema() as text) as regnamespace)
                 and conname = indexname)
             on conflict do nothing"
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
        transaction.commit().await.map_err(classify)?;
        connection.close().await.map_err(classify)
    }

    async fn end_load(&self) -> Result<(), StoreError> {
        let mut connection = connect_alone(&self.unhurried).await?;
        let is_there = format!("select to_regclass('{DEFERRED}') is not null");
        let there: bool = query_scalar(AssertSqlSafe(is_there))
            .fetch_one(&mut connection)
            .await
            .map_err(classify)?;
        if !there {
            return Ok(());
        }
        let deferred = query(AssertSqlSafe(format!("select name, statement from {DEFERRED}")))
            .fetch_all(&mut connection)
            .await
            .map_err(classify)?;
        for row in &deferred {
            let (name, statement) = (row.text(0)?, row.text(1)?.to_owned());
            let mut transaction = connection.begin().await.map_err(classify)?;
            raw_sql(AssertSqlSafe(statement)).execute(&mut *transaction).await.map_err(classify)?;
            query(AssertSqlSafe(format!("delete from {DEFERRED} where name = $1")))
                .bind(name)
                .execute(&mut *transaction)
                .await
                .map_err(classify)?;
            transaction.commit().await.map_err(classify)?;
        }
        // The planner knows nothing yet of tables that were just filled.
        let tables = ContentTable::ALL.map(ContentTable::name).join(", ");
        for sql in [format!("analyze {tables}"), format!("drop table {DEFERRED}")] {
            raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map_err(classify)?;
        }
        connection.close().await.map_err(classify)
    }
}
