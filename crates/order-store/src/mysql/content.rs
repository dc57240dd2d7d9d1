//! One moment of a MySQL store.

use async_trait::async_trait;
use sqlx::mysql::MySqlConnection;
use sqlx::raw_sql;

use super::MysqlStore;
use super::errors::classify;
use super::read::SNAPSHOT;
use super::session::connect_alone;
use crate::StoreError;
use crate::content::{ContentTable, ContentView, StoreContent, snapshot_of};

/// Who reads a whole table may take a row only now and then: the server waits longer for it than its
/// usual minute, up to a day.
const VIEWING: &str = "set session net_write_timeout = 86400, wait_timeout = 86400; \
     set session transaction isolation level repeatable read";

/// A connection in a transaction that sees the moment of its begin.
struct MysqlSnapshot(MySqlConnection);

#[async_trait]
impl StoreContent for MysqlStore {
    async fn view(&self) -> Result<ContentView, StoreError> {
        let mut connection = connect_alone(&self.unhurried).await?;
        for sql in [VIEWING, SNAPSHOT] {
            raw_sql(sql).execute(&mut connection).await.map_err(classify)?;
        }
        Ok(ContentView::new(MysqlSnapshot(connection)))
    }
}

snapshot_of!(MysqlSnapshot, classify, {
    fn column_names(&self, table: ContentTable) -> String {
        format!(
            "select cast(column_name as char) from information_schema.columns
             where table_schema = database() and table_name = '{table}'"
        )
    }

    fn quoted(&self, column: &str) -> String {
        format!("`{column}`")
    }
});
