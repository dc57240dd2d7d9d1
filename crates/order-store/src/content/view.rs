//! One moment of a store.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use async_trait::async_trait;

use super::row::ContentRow;
use super::table::{Column, ContentTable};
use crate::rows::{self, CHECKPOINT_COLUMNS, Columns, PARKED_COLUMNS};
use crate::stored::partition_from_sql;
use crate::{Checkpoint, ParkedSubject, StoreError, StreamId};

/// Reads one moment of a database: what each adapter brings.
///
/// It is a transaction that sees what was committed when it began, and nothing later, on a connection
/// of its own, without a limit on the time of a statement.
#[async_trait]
pub(crate) trait Snapshot: Send {
    /// Gives every row that `sql` answers with to `take`, one by one, until that breaks. No more than
    /// a few rows are held at a time.
    async fn each_row(&mut self, sql: String, take: &mut TakeRow<'_>) -> Result<(), StoreError>;

    /// A query for the names of the columns of this table, in one column of text; no row where there
    /// is no such table.
    fn column_names(&self, table: ContentTable) -> String;

    /// What stands behind `from` for a table: its name, unless a column of it
    /// ([`ContentTable::columns`]) has to come from another one.
    fn relation(&self, table: ContentTable) -> String {
        table.name().to_owned()
    }

    /// A column's name as the database wants it written; for words that it reserves.
    fn quoted(&self, column: &str) -> String {
        column.to_owned()
    }
}

/// Takes one row; breaks where it wants no more.
pub(crate) type TakeRow<'a> =
    dyn FnMut(&dyn Columns) -> Result<ControlFlow<()>, StoreError> + Send + 'a;

/// One moment of a store: all that the projection has written by then, and nothing later.
///
/// As long as it is open the database keeps that moment: SQLite's write-ahead log grows with what is
/// written meanwhile, and Postgres keeps old versions of rows. Dropping it lets go.
pub struct ContentView {
    snapshot: Box<dyn Snapshot>,
}

impl ContentView {
    pub(crate) fn new(snapshot: impl Snapshot + 'static) -> Self {
        Self { snapshot: Box::new(snapshot) }
    }

    /// How far every stream is projected. There is one a partition of `order-events` and of every
    /// retry topic, at most.
    pub async fn checkpoints(&mut self) -> Result<BTreeMap<StreamId, Checkpoint>, StoreError> {
        let columns = self.list(&format!("{CHECKPOINT_COLUMNS}, topic, partition"));
        let mut checkpoints = BTreeMap::new();
        let mut take = |row: &dyn Columns| {
            let topic = row.text(3)?.to_owned();
            let stream = StreamId { topic, partition: partition_from_sql(row.number(4)?)? };
            checkpoints.insert(stream, rows::checkpoint(Some(row))?);
            Ok(ControlFlow::Continue(()))
        };
        self.snapshot.each_row(format!("select {columns} from checkpoints"), &mut take).await?;
        Ok(checkpoints)
    }

    /// Every parked order, of all partitions, by partition and order. The limit on dead letters bounds
    /// how many there are.
    pub async fn parked(&mut self) -> Result<Vec<ParkedSubject>, StoreError> {
        let columns = self.list(&format!("{PARKED_COLUMNS}, partition"));
        let mut parked = Vec::new();
        let mut take = |row: &dyn Columns| {
            parked.push(rows::parked_subject(partition_from_sql(row.number(5)?)?, row)?);
            Ok(ControlFlow::Continue(()))
        };
        self.snapshot.each_row(format!("select {columns} from parked_subjects"), &mut take).await?;
        parked.sort_by_key(|subject| (subject.partition, subject.order_id));
        Ok(parked)
    }

    /// Those columns of `table` that this store has: another build's schema may lack some, or the
    /// whole table.
    pub async fn columns(&mut self, table: ContentTable) -> Result<Vec<Column>, StoreError> {
        let mut names = BTreeSet::new();
        let mut take = |row: &dyn Columns| {
            names.insert(row.text(0)?.to_owned());
            Ok(ControlFlow::Continue(()))
        };
        let sql = self.snapshot.column_names(table);
        self.snapshot.each_row(sql, &mut take).await?;
        let is_there = |column: &&Column| names.contains(column.name);
        Ok(table.columns().iter().filter(is_there).copied().collect())
    }

    /// Gives every row of `table` to `take`, in no order that means anything, until that breaks. Of
    /// the row it has `columns`, which begin with the table's [key](ContentTable::key).
    pub async fn each_row(
        &mut self,
        table: ContentTable,
        columns: &[Column],
        take: &mut (dyn FnMut(ContentRow<'_>) -> ControlFlow<()> + Send),
    ) -> Result<(), StoreError> {
        let names: Vec<_> =
            columns.iter().map(|column| self.snapshot.quoted(column.name)).collect();
        let sql = format!("select {} from {}", names.join(", "), self.snapshot.relation(table));
        let mut read = |row: &dyn Columns| Ok(take(ContentRow::read(table, columns, row)?));
        self.snapshot.each_row(sql, &mut read).await
    }

    /// A list of columns as the database wants it written.
    fn list(&self, columns: &str) -> String {
        let quoted: Vec<_> = columns.split(", ").map(|name| self.snapshot.quoted(name)).collect();
        quoted.join(", ")
    }
}

/// [`Snapshot`] of a connection of sqlx in a transaction, whose errors `$classify` judges. What is in
/// the braces goes into the implementation as it is.
macro_rules! snapshot_of {
    ($snapshot:ty, $classify:path, { $($own:tt)* }) => {
        #[async_trait::async_trait]
        impl $crate::content::Snapshot for $snapshot {
            async fn each_row(
                &mut self,
                sql: String,
                take: &mut $crate::content::TakeRow<'_>,
            ) -> Result<(), $crate::StoreError> {
                use futures_util::TryStreamExt as _;
                // Nothing but our own constants is in the text.
                let mut rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch(&mut self.0);
                while let Some(row) = rows.try_next().await.map_err($classify)? {
                    if take(&row)?.is_break() {
                        break;
                    }
                }
                Ok(())
            }

            $($own)*
        }
    };
}
pub(crate) use snapshot_of;
