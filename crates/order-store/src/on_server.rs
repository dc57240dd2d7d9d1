//! The ports of a store on a server: each call takes a connection of a pool, and has a bounded time.

/// [`ProjectionStore`](crate::ProjectionStore) and [`OrderQueries`](crate::OrderQueries) of `$store`, with
/// what stands by these names where this is called:
///
/// - the pools `writers` and `readers` of the store, and `settle`, which gives a connection back;
/// - its method `bring_up_to_date`;
/// - the modules `read`, `write` and `pages`;
/// - the bounds `ACQUIRE_TIMEOUT`, `APPLY_TIMEOUT`, `READ_TIMEOUT` and `CHECK_TIMEOUT`.
macro_rules! ports_on_server {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl $crate::ProjectionStore for $store {
            async fn migrate(&self) -> Result<(), StoreError> {
                self.bring_up_to_date().await
            }

            async fn set_partitions(&self, topic: &str, partitions: u32) -> Result<(), StoreError> {
                let mut connection = self.writers.acquire(ACQUIRE_TIMEOUT).await?;
                let writing = $crate::writing::set_partitions(&mut *connection, topic, partitions);
                let outcome = timeout(APPLY_TIMEOUT, writing).await;
                settle(connection, outcome)
            }

            async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
                $crate::OrderQueries::projected(self, stream).await
            }

            async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError> {
                let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
                let reading = $crate::reading::parked(&mut *connection, partition);
                let outcome = timeout(READ_TIMEOUT, reading).await;
                settle(connection, outcome)
            }

            /// A connection that breaks during the commit leaves open whether the batch was written;
            /// then this is an [`Unavailable`](StoreError::Unavailable), and the next try either writes
            /// it or finds the checkpoint moved.
            async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
                let mut connection = self.writers.acquire(ACQUIRE_TIMEOUT).await?;
                let outcome = timeout(APPLY_TIMEOUT, write::apply(&mut connection, batch)).await;
                settle(connection, outcome)
            }

            async fn check(&self) -> Result<(), StoreError> {
                let deadline = Instant::now() + CHECK_TIMEOUT;
                let mut connection = self.writers.acquire(CHECK_TIMEOUT).await?;
                let outcome = timeout_at(deadline, write::check(&mut connection)).await;
                settle(connection, outcome)
            }
        }

        #[async_trait::async_trait]
        impl $crate::OrderQueries for $store {
            async fn order(&self, order_id: OrderId) -> Result<Option<OrderRow>, StoreError> {
                let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
                let outcome = timeout(READ_TIMEOUT, read::order(&mut connection, order_id)).await;
                settle(connection, outcome)
            }

            async fn orders(
                &self,
                filter: OrderFilter,
                page: Page,
            ) -> Result<Vec<OrderRow>, StoreError> {
                let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
                let reading = pages::filtered(&mut connection, filter, page);
                let outcome = timeout(READ_TIMEOUT, reading).await;
                settle(connection, outcome)
            }

            async fn search_customers(
                &self,
                text: &str,
                page: Page,
            ) -> Result<Vec<OrderRow>, StoreError> {
                let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
                let reading = pages::searched(&mut connection, text, page);
                let outcome = timeout(READ_TIMEOUT, reading).await;
                settle(connection, outcome)
            }

            async fn projected(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
                let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
                let reading = $crate::reading::checkpoint(&mut *connection, stream);
                let outcome = timeout(READ_TIMEOUT, reading).await;
                settle(connection, outcome)
            }

            async fn partitions(&self, topic: &str) -> Result<Option<u32>, StoreError> {
                let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
                let reading = $crate::reading::partitions(&mut *connection, topic);
                let outcome = timeout(READ_TIMEOUT, reading).await;
                settle(connection, outcome)
            }

            async fn check_readable(&self) -> Result<(), StoreError> {
                let deadline = Instant::now() + CHECK_TIMEOUT;
                let mut connection = self.readers.acquire(CHECK_TIMEOUT).await?;
                let outcome = timeout_at(deadline, read::check(&mut connection)).await;
                settle(connection, outcome)
            }
        }
    };
}
pub(crate) use ports_on_server;
