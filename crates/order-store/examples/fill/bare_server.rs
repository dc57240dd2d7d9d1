//! What a bare server is asked to do.

use order_store::OrderRow;

use super::Failure;

/// A connection to tables like those of the store, beside them.
pub trait BareServer: Sized + Send + 'static {
    /// What goes into the tables in one transaction, made ready before the clock starts.
    type Batch: Send;

    fn connect(url: &str) -> impl Future<Output = Result<Self, Failure>> + Send;

    fn create_tables(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Of orders that the store has, neighbours in one partition.
    fn prepare(
        &mut self,
        orders: &[OrderRow],
    ) -> impl Future<Output = Result<Self::Batch, Failure>> + Send;

    fn write(&mut self, batch: Self::Batch) -> impl Future<Output = Result<(), Failure>> + Send;
}
