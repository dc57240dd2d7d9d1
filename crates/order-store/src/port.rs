//! The two ports of the store.

use async_trait::async_trait;
use order_domain::{OrderId, Partition};

use crate::{
    Checkpoint, Moves, OrderFilter, OrderRow, Page, ParkedSubject, ProjectionBatch, StoreError,
    StreamId,
};

/// What the projector, the only writer, needs.
#[async_trait]
pub trait ProjectionStore: Send + Sync + 'static {
    /// Brings the schema up to this build's version. Two starters at once do no harm.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Keeps how many partitions `topic` has, for [`OrderQueries::partitions`].
    async fn set_partitions(&self, topic: &str, partitions: u32) -> Result<(), StoreError>;

    /// How far `stream` is projected.
    async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError>;

    /// The orders that are parked in `partition`.
    async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError>;

    /// Writes the batch in one transaction: all of it, or, on any error, nothing.
    ///
    /// It may commit without waiting for the disk: after a crash the store may have lost its newest
    /// batches whole, rows and checkpoints together, and is filled again from the log.
    async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError>;

    /// Whether the store can be written now; for a readiness probe, so it answers within a second.
    async fn check(&self) -> Result<(), StoreError>;
}

/// What readers ask. Nothing here writes.
#[async_trait]
pub trait OrderQueries: Send + Sync + 'static {
    /// One order; `None` where there is none of this id.
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderRow>, StoreError>;

    /// A page of the orders that the filter lets through, newest first.
    async fn orders(&self, filter: OrderFilter, page: Page) -> Result<Vec<OrderRow>, StoreError>;

    /// A page of the orders whose customer's names or e-mail hold, for every word of `text`, a word
    /// that begins with it; newest first. Case and accents don't matter. Nothing matches a text
    /// without a letter or digit.
    async fn search_customers(&self, text: &str, page: Page) -> Result<Vec<OrderRow>, StoreError>;

    /// How far `stream` is projected.
    async fn projected(&self, stream: &StreamId) -> Result<Checkpoint, StoreError>;

    /// Tells, from now on, when [`projected`](Self::projected) may answer something else; where
    /// another process projects, nothing is ever told.
    fn moves(&self, stream: &StreamId) -> Moves {
        let _ = stream;
        Moves::elsewhere()
    }

    /// How many partitions `topic` has; `None` where no projector has said so yet.
    async fn partitions(&self, topic: &str) -> Result<Option<u32>, StoreError>;

    /// Whether the store can be read now; for a readiness probe, so it answers within a second.
    async fn check_readable(&self) -> Result<(), StoreError>;
}
