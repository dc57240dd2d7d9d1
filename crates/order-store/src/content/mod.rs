//! What a store holds, as of one moment and whatever its database: to tell whether two stores that were
//! filled from the same log are the same, and where they are not.
//!
//! - [`view`]: one moment of a store, and the rows of its tables one by one;
//! - [`table`]: the tables, and which of their columns are content;
//! - [`row`]: values as they are, and the hash of a row;
//! - [`summary`]: the rows of a table as a count and a hash, in [`BUCKETS`];
//! - [`comparison`]: which tables of two views differ, and the first rows that do.
//!
//! Content is what follows from the log. Keys that a database gives (`order_key` of SQLite), words that
//! are made for its search, and how its migrations went are none. Nor is what waits to be tried again
//! ([`ContentView::parked`], the checkpoints of retry topics): that depends on when it was tried.

mod comparison;
mod row;
mod summary;
mod table;
mod view;

use async_trait::async_trait;

pub use comparison::{
    Difference, HELD_ROWS_MAX, RowDifference, TableComparison, compare, differing_rows,
};
pub use row::{ContentRow, ContentValue, RowHash};
pub use summary::{BUCKETS, ContentHash, TableSummary};
pub use table::{Column, ContentTable};
pub use view::ContentView;
pub(crate) use view::{Snapshot, TakeRow, snapshot_of};

use crate::StoreError;

/// Shows what a store holds.
#[async_trait]
pub trait StoreContent: Send + Sync + 'static {
    /// Opens a view of this moment, on a connection of its own.
    async fn view(&self) -> Result<ContentView, StoreError>;
}
