//! Indexes that are filled when all rows are there.

use std::fmt::Write as _;

use async_trait::async_trait;

use super::connection::{Connection, Isolation};
use super::{ACQUIRE_TIMEOUT, MssqlStore};
use crate::StoreError;
use crate::generations::BulkLoad;
use crate::rows::Columns as _;

/// The indexes that are neither keys nor the table itself, and their tables.
const INDEXES: &str = "select i.name, t.name from sys.indexes as i
join sys.tables as t on t.object_id = i.object_id
where i.type = 2 and i.is_unique = 0";

/// SQL Server remembers an index that is switched off, and fills it when it is built anew.
#[async_trait]
impl BulkLoad for MssqlStore {
    async fn begin_load(&self) -> Result<(), StoreError> {
        self.alter_indexes(&format!("{INDEXES} and i.is_disabled = 0"), "disable").await
    }

    async fn end_load(&self) -> Result<(), StoreError> {
        self.alter_indexes(&format!("{INDEXES} and i.is_disabled = 1"), "rebuild").await
    }
}

impl MssqlStore {
    async fn alter_indexes(&self, which: &str, how: &str) -> Result<(), StoreError> {
        let isolation = Isolation::ReadCommitted;
        let opening = Connection::open_within(ACQUIRE_TIMEOUT, &self.options, isolation);
        let mut connection = opening.await?;
        let mut alter = String::new();
        for row in &connection.batch(which).await? {
            let (index, table) = (row.text(0)?, row.text(1)?);
            writeln!(alter, "alter index [{index}] on [{table}] {how};")
                .expect("a String takes all that is written");
        }
        if !alter.is_empty() {
            connection.batch(&alter).await?;
        }
        Ok(())
    }
}
