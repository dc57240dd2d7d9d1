//! One moment of a SQL Server store.

use async_trait::async_trait;

use super::connection::{Connection, Isolation};
use super::read::BEGIN;
use super::{ACQUIRE_TIMEOUT, MssqlStore};
use crate::StoreError;
use crate::content::{ContentTable, ContentView, Snapshot, StoreContent, TakeRow};

/// A connection in a transaction that has read something: from then on it sees that moment.
struct MssqlSnapshot(Connection);

#[async_trait]
impl StoreContent for MssqlStore {
    async fn view(&self) -> Result<ContentView, StoreError> {
        let opening = Connection::open_within(ACQUIRE_TIMEOUT, &self.options, Isolation::Snapshot);
        let mut connection = opening.await?;
        connection.batch(BEGIN).await?;
        connection.batch("select top (1) 1 from topics").await?;
        Ok(ContentView::new(MssqlSnapshot(connection)))
    }
}

#[async_trait]
impl Snapshot for MssqlSnapshot {
    async fn each_row(&mut self, sql: String, take: &mut TakeRow<'_>) -> Result<(), StoreError> {
        self.0.each_row(&sql, take).await
    }

    fn column_names(&self, table: ContentTable) -> String {
        format!("select name from sys.columns where object_id = object_id(N'{table}', N'U')")
    }

    fn quoted(&self, column: &str) -> String {
        format!("[{column}]")
    }
}
