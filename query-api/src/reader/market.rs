//! What is asked about the market.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use order_domain::trading::{AccountId, Symbol};
use order_domain::{OrderId, Timestamp, VenueId};
use order_store::trading::{
    AccountStatistics, AccountTrade, AccountTradeCursor, Candle, Depth, InstrumentStatistics,
    ListedInstrument, MarketOrder, MarketOrderFilter, Ticker, Trade, TradePage, TradingAccount,
    TradingQueries,
};
use order_store::{Page, StoreError};

use super::{NoAnswer, ask};
use crate::outage::Outage;

/// Asks the store about one market. `None` is what the market does not have.
pub(crate) struct MarketReader {
    market: VenueId,
    queries: Arc<dyn TradingQueries>,
    outage: Arc<Outage>,
}

impl MarketReader {
    pub(super) fn new(
        market: VenueId,
        queries: Arc<dyn TradingQueries>,
        outage: Arc<Outage>,
    ) -> Self {
        Self { market, queries, outage }
    }

    /// One order.
    pub(crate) async fn order(&self, id: OrderId) -> Result<Option<MarketOrder>, NoAnswer> {
        self.ask("market-order", self.queries.market_order(&self.market, id)).await
    }

    /// A page of orders.
    pub(crate) async fn orders(
        &self,
        filter: &MarketOrderFilter,
        page: Page,
    ) -> Result<Vec<MarketOrder>, NoAnswer> {
        self.ask("market-orders", self.queries.market_orders(&self.market, filter, page)).await
    }

    /// The best `levels` of each side of an instrument's book.
    pub(crate) async fn depth(
        &self,
        symbol: &Symbol,
        levels: u32,
    ) -> Result<Option<Depth>, NoAnswer> {
        self.ask("depth", self.queries.depth(&self.market, symbol, levels)).await
    }

    /// A page of an instrument's trades.
    pub(crate) async fn trades(
        &self,
        symbol: &Symbol,
        page: TradePage<u64>,
    ) -> Result<Option<Vec<Trade>>, NoAnswer> {
        self.ask("trades", self.queries.trades(&self.market, symbol, page)).await
    }

    /// A page of an account's trades.
    pub(crate) async fn account_trades(
        &self,
        account: &AccountId,
        page: TradePage<AccountTradeCursor>,
    ) -> Result<Option<Vec<AccountTrade>>, NoAnswer> {
        self.ask("account-trades", self.queries.account_trades(&self.market, account, page)).await
    }

    /// Last price, best prices and the last 24 hours of an instrument.
    pub(crate) async fn ticker(&self, symbol: &Symbol) -> Result<Option<Ticker>, NoAnswer> {
        self.ask("ticker", self.queries.ticker(&self.market, symbol)).await
    }

    /// At most `limit` candles of an instrument, from that which holds `from` on.
    pub(crate) async fn candles(
        &self,
        symbol: &Symbol,
        width: Duration,
        from: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Option<Vec<Candle>>, NoAnswer> {
        let candles = self.queries.candles(&self.market, symbol, width, from, limit);
        self.ask("candles", candles).await
    }

    /// All instruments.
    pub(crate) async fn instruments(&self) -> Result<Vec<ListedInstrument>, NoAnswer> {
        self.ask("instruments", self.queries.instruments(&self.market)).await
    }

    /// What an instrument did, all time.
    pub(crate) async fn instrument_statistics(
        &self,
        symbol: &Symbol,
    ) -> Result<Option<InstrumentStatistics>, NoAnswer> {
        let statistics = self.queries.instrument_statistics(&self.market, symbol);
        self.ask("instrument-statistics", statistics).await
    }

    /// An account and its balances.
    pub(crate) async fn account(
        &self,
        account: &AccountId,
    ) -> Result<Option<TradingAccount>, NoAnswer> {
        self.ask("account", self.queries.account(&self.market, account)).await
    }

    /// What an account did, by instrument.
    pub(crate) async fn account_statistics(
        &self,
        account: &AccountId,
    ) -> Result<Option<Vec<AccountStatistics>>, NoAnswer> {
        let statistics = self.queries.account_statistics(&self.market, account);
        self.ask("account-statistics", statistics).await
    }

    async fn ask<T>(
        &self,
        query: &'static str,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, NoAnswer> {
        ask(&self.outage, query, answer).await
    }
}
