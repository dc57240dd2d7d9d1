//! One moment of a Postgres store.

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use sqlx::raw_sql;

use super::errors::classify;
use super::read::SNAPSHOT;
use super::{PostgresStore, connect_alone};
use crate::StoreError;
use crate::content::{ContentTable, ContentView, StoreContent, snapshot_of};

/// A connection in a transaction that has read something: from then on it sees that moment.
struct PostgresSnapshot(PgConnection);

#[async_trait]
impl StoreContent for PostgresStore {
    async fn view(&self) -> Result<ContentView, StoreError> {
        let mut connection = connect_alone(&self.unhurried).await?;
        raw_sql(SNAPSHOT).execute(&mut connection).await.map_err(classify)?;
        raw_sql("select 1").execute(&mut connection).await.map_err(classify)?;
        Ok(ContentView::new(PostgresSnapshot(connection)))
    }
}

snapshot_of!(PostgresSnapshot, classify, {
    fn column_names(&self, table: ContentTable) -> String {
        format!(
            "select cast(column_name as text) from information_schema.columns
             where table_schema = current_schema() and table_name = '{table}'"
        )
    }
});
