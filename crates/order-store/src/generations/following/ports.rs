//! The ports of a store that follows: each call goes to the generation that is asked now.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use order_domain::trading::{AccountId, Symbol};
use order_domain::{OrderId, Partition, Timestamp, VenueId};

use super::Following;
use crate::content::{ContentView, StoreContent};
use crate::trading::{
    AccountStatistics, AccountTrade, AccountTradeCursor, Candle, Depth, InstrumentStatistics,
    ListedInstrument, MarketOrder, MarketOrderFilter, Ticker, Trade, TradePage, TradingAccount,
    TradingQueries,
};
use crate::{
    Checkpoint, Moves, OrderFilter, OrderQueries, OrderRow, Page, ParkedSubject, ProjectionBatch,
    ProjectionStore, StoreError, StreamId,
};

/// Asks the live generation; once more, where the one that was asked has been dropped meanwhile.
macro_rules! ask {
    ($following:ident, $role:ident, $port:ident.$method:ident($($argument:expr),*)) => {{
        let shared = &$following.0;
        let asked = shared.live().await?.$role;
        match asked.store.$port.$method($($argument),*).await {
            Err(error) if shared.is_left(&asked, &error).await => {
                shared.live().await?.$role.store.$port.$method($($argument),*).await
            }
            answer => answer,
        }
    }};
}

#[async_trait]
impl ProjectionStore for Following {
    async fn migrate(&self) -> Result<(), StoreError> {
        self.0.live().await?.writes.store.projections.migrate().await
    }

    async fn set_partitions(&self, topic: &str, partitions: u32) -> Result<(), StoreError> {
        ask!(self, writes, projections.set_partitions(topic, partitions))
    }

    async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        let opened = self.0.live().await?.writes;
        let checkpoint = opened.store.projections.checkpoint(stream).await?;
        self.0.state().read_of.insert(stream.clone(), opened.generation);
        Ok(checkpoint)
    }

    async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError> {
        ask!(self, writes, projections.parked(partition))
    }

    async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        let opened = self.0.live().await?.writes;
        self.0.check_read_of(opened.generation, batch)?;
        match opened.store.projections.apply(batch).await {
            // What was read of the one that is gone says nothing about the other.
            Err(error) if self.0.is_left(&opened, &error).await => match batch.moves.first() {
                Some(step) => Err(StoreError::CheckpointMoved(step.stream.clone())),
                None => Err(error),
            },
            done => {
                if done.is_ok() {
                    self.0.moves.tell(&batch.moves);
                }
                done
            }
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.0.live_at_once().await?.writes.store.projections.check().await
    }
}

#[async_trait]
impl OrderQueries for Following {
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderRow>, StoreError> {
        ask!(self, reads, queries.order(order_id))
    }

    async fn orders(&self, filter: OrderFilter, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        ask!(self, reads, queries.orders(filter, page))
    }

    async fn search_customers(&self, text: &str, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        ask!(self, reads, queries.search_customers(text, page))
    }

    async fn projected(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        self.0.projected(stream).await
    }

    fn moves(&self, stream: &StreamId) -> Moves {
        self.0.moves.of(stream)
    }

    async fn partitions(&self, topic: &str) -> Result<Option<u32>, StoreError> {
        ask!(self, reads, queries.partitions(topic))
    }

    async fn check_readable(&self) -> Result<(), StoreError> {
        self.0.live_at_once().await?.reads.store.queries.check_readable().await
    }
}

#[async_trait]
impl StoreContent for Following {
    async fn view(&self) -> Result<ContentView, StoreError> {
        ask!(self, reads, content.view())
    }
}

#[async_trait]
impl TradingQueries for Following {
    async fn market_order(
        &self,
        market: &VenueId,
        order_id: OrderId,
    ) -> Result<Option<MarketOrder>, StoreError> {
        ask!(self, reads, trading.market_order(market, order_id))
    }

    async fn market_orders(
        &self,
        market: &VenueId,
        filter: &MarketOrderFilter,
        page: Page,
    ) -> Result<Vec<MarketOrder>, StoreError> {
        ask!(self, reads, trading.market_orders(market, filter, page))
    }

    async fn depth(
        &self,
        market: &VenueId,
        symbol: &Symbol,
        levels: u32,
    ) -> Result<Option<Depth>, StoreError> {
        ask!(self, reads, trading.depth(market, symbol, levels))
    }

    async fn trades(
        &self,
        market: &VenueId,
        symbol: &Symbol,
        page: TradePage<u64>,
    ) -> Result<Option<Vec<Trade>>, StoreError> {
        ask!(self, reads, trading.trades(market, symbol, page.clone()))
    }

    async fn account_trades(
        &self,
        market: &VenueId,
        account: &AccountId,
        page: TradePage<AccountTradeCursor>,
    ) -> Result<Option<Vec<AccountTrade>>, StoreError> {
        ask!(self, reads, trading.account_trades(market, account, page.clone()))
    }

    async fn ticker(
        &self,
        market: &VenueId,
        symbol: &Symbol,
    ) -> Result<Option<Ticker>, StoreError> {
        ask!(self, reads, trading.ticker(market, symbol))
    }

    async fn candles(
        &self,
        market: &VenueId,
        symbol: &Symbol,
        width: Duration,
        from: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Option<Vec<Candle>>, StoreError> {
        ask!(self, reads, trading.candles(market, symbol, width, from, limit))
    }

    async fn instruments(&self, market: &VenueId) -> Result<Vec<ListedInstrument>, StoreError> {
        ask!(self, reads, trading.instruments(market))
    }

    async fn instrument_statistics(
        &self,
        market: &VenueId,
        symbol: &Symbol,
    ) -> Result<Option<InstrumentStatistics>, StoreError> {
        ask!(self, reads, trading.instrument_statistics(market, symbol))
    }

    async fn account(
        &self,
        market: &VenueId,
        account: &AccountId,
    ) -> Result<Option<TradingAccount>, StoreError> {
        ask!(self, reads, trading.account(market, account))
    }

    async fn account_statistics(
        &self,
        market: &VenueId,
        account: &AccountId,
    ) -> Result<Option<Vec<AccountStatistics>>, StoreError> {
        ask!(self, reads, trading.account_statistics(market, account))
    }
}
