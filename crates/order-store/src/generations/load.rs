//! Filling a generation from the beginning.

use async_trait::async_trait;

use crate::StoreError;

/// Where the statements of indexes stand that are made when the load ends. It is there only meanwhile.
pub(crate) const DEFERRED: &str = "deferred_indexes";

/// Makes a store that nobody reads yet fast to fill.
///
/// Indexes by which only readers find something cost more the more there is, because every row goes to
/// another place of them; made of all rows at once they cost a sort.
#[async_trait]
pub trait BulkLoad: Send + Sync + 'static {
    /// Takes the indexes away that writing does not need, and remembers in the store how they are made.
    /// Does no harm a second time.
    async fn begin_load(&self) -> Result<(), StoreError>;

    /// Makes them again, one by one; goes on where that was interrupted. Does nothing where no load has
    /// begun.
    async fn end_load(&self) -> Result<(), StoreError>;
}
