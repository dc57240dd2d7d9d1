//! One moment of a SQLite store.

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions as _, raw_sql};

use super::errors::classify;
use super::{SqliteStore, check_is_there};
use crate::StoreError;
use crate::content::{ContentTable, ContentView, StoreContent, snapshot_of};

/// A connection in a transaction that has read something: from then on it sees that moment.
struct SqliteSnapshot(SqliteConnection);

#[async_trait]
impl StoreContent for SqliteStore {
    async fn view(&self) -> Result<ContentView, StoreError> {
        check_is_there(&self.file)?;
        let mut connection = self.viewing.connect().await.map_err(classify)?;
        let begin = "begin; select count(*) from sqlite_schema";
        raw_sql(begin).execute(&mut connection).await.map_err(classify)?;
        Ok(ContentView::new(SqliteSnapshot(connection)))
    }
}

snapshot_of!(SqliteSnapshot, classify, {
    fn column_names(&self, table: ContentTable) -> String {
        // The key of an order stands for its id.
        format!(
            "select iif(name = 'order_key', 'order_id', name) from pragma_table_info('{table}')"
        )
    }

    /// Items are kept by their order's key in this file. One whose order is gone has an id that no
    /// order has.
    fn relation(&self, table: ContentTable) -> String {
        match table {
            ContentTable::OrderItems => {
                "(select coalesce(o.order_id, zeroblob(16)) as order_id, i.*
                 from order_items i left join orders o on o.order_key = i.order_key)"
                    .to_owned()
            }
            _ => table.name().to_owned(),
        }
    }
});
