//! The store as this service asks it: every query has a bound and is measured, and why one failed
//! is written to the log, here and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use order_domain::{Offset, OrderId, Partition, VenueId};
use order_store::trading::TradingQueries;
use order_store::{Moves, OrderFilter, OrderQueries, OrderRow, Page, StoreError, StreamId};
use tokio::time::{Instant, timeout};

use crate::metrics;
use crate::outage::Outage;

mod market;

pub(crate) use market::MarketReader;

/// The longest that one query may take.
pub(crate) const QUERY_TIME_MAX: Duration = Duration::from_secs(5);

/// The topic whose projection readers see.
const ORDER_EVENTS: &str = "order-events";

/// Why the store gave no answer. The cause is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// It is away or too slow; ask again later.
    Away,
    /// It will not answer this query, however often it is asked.
    Broken,
}

/// Asks the store about purchases, and how far it is.
#[derive(Clone)]
pub(crate) struct Reader {
    queries: Arc<dyn OrderQueries>,
    outage: Arc<Outage>,
}

impl Reader {
    pub(crate) fn new(queries: Arc<dyn OrderQueries>) -> Self {
        Self { queries, outage: Arc::default() }
    }

    /// Asks the same store about a market.
    pub(crate) fn of_market(
        &self,
        market: VenueId,
        queries: Arc<dyn TradingQueries>,
    ) -> MarketReader {
        MarketReader::new(market, queries, self.outage.clone())
    }

    /// One order.
    pub(crate) async fn order(&self, id: OrderId) -> Result<Option<OrderRow>, NoAnswer> {
        self.ask("order", self.queries.order(id)).await
    }

    /// A page of orders.
    pub(crate) async fn orders(
        &self,
        filter: OrderFilter,
        page: Page,
    ) -> Result<Vec<OrderRow>, NoAnswer> {
        self.ask("orders", self.queries.orders(filter, page)).await
    }

    /// A page of the orders of the customers that `text` finds.
    pub(crate) async fn search_customers(
        &self,
        text: &str,
        page: Page,
    ) -> Result<Vec<OrderRow>, NoAnswer> {
        self.ask("customer-search", self.queries.search_customers(text, page)).await
    }

    /// The first command of `partition` whose effect readers can't see yet.
    pub(crate) async fn projected(&self, partition: Partition) -> Result<Offset, NoAnswer> {
        let checkpoint = self.ask("projected", self.queries.projected(&stream(partition))).await?;
        Ok(checkpoint.source_next)
    }

    /// Tells when [`projected`](Self::projected) may answer something else, where this process knows.
    pub(crate) fn moves(&self, partition: Partition) -> Moves {
        self.queries.moves(&stream(partition))
    }

    /// How many partitions there are; `None` where the store has not been told yet.
    pub(crate) async fn partitions(&self) -> Result<Option<u32>, NoAnswer> {
        self.ask("partitions", self.queries.partitions(ORDER_EVENTS)).await
    }

    /// Whether the store can be read now.
    pub(crate) async fn check(&self) -> Result<(), NoAnswer> {
        self.ask("check", self.queries.check_readable()).await
    }

    async fn ask<T>(
        &self,
        query: &'static str,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, NoAnswer> {
        ask(&self.outage, query, answer).await
    }
}

fn stream(partition: Partition) -> StreamId {
    StreamId { topic: ORDER_EVENTS.to_owned(), partition }
}

/// Bounds and measures one query. `outage` is that of the store that is asked.
async fn ask<T>(
    outage: &Outage,
    query: &'static str,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, NoAnswer> {
    let asked_at = Instant::now();
    let answer = timeout(QUERY_TIME_MAX, answer).await;
    metrics::query_answered(query, asked_at.elapsed());
    match answer {
        Ok(Ok(answer)) => {
            outage.end();
            Ok(answer)
        }
        // Without a schema, or with a damaged one, a person must help, or the processor, which
        // makes it; until then the store is away like any other.
        Ok(Err(error)) if !matches!(error, StoreError::Refused(_)) => {
            outage.begin(&error);
            Err(NoAnswer::Away)
        }
        Ok(Err(error)) => {
            tracing::error!(query, cause = %error, "the store can't answer a query");
            Err(NoAnswer::Broken)
        }
        Err(elapsed) => {
            outage.begin(&elapsed);
            Err(NoAnswer::Away)
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_topic_is_the_one_that_engines_write() {
        assert_eq!(super::ORDER_EVENTS, event_log::topics::ORDER_EVENTS.as_str());
    }
}
