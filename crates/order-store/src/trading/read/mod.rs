//! Answers to what readers ask of a market. Each is read in one snapshot.

mod accounts;
mod book;
mod candles;
mod instruments;
mod orders;
mod statistics;
mod trades;

pub use accounts::account;
pub use book::{depth, ticker};
pub use candles::candles;
pub use instruments::instruments;
pub use orders::{market_order, market_orders};
pub use statistics::{account_statistics, instrument_statistics};
pub use trades::{account_trades, trades};

/// [`TradingQueries`](crate::trading::TradingQueries) of a store. `$answered!(store, session =>
/// question)` asks the question in a snapshot.
macro_rules! trading_queries {
    ($store:ty, $answered:ident) => {
        #[async_trait::async_trait]
        impl $crate::trading::TradingQueries for $store {
            async fn market_order(
                &self,
                market: &VenueId,
                order_id: OrderId,
            ) -> Result<Option<MarketOrder>, StoreError> {
                $answered!(self, session => read::market_order(session, market, order_id))
            }

            async fn market_orders(
                &self,
                market: &VenueId,
                filter: &MarketOrderFilter,
                page: Page,
            ) -> Result<Vec<MarketOrder>, StoreError> {
                $answered!(self, session => read::market_orders(session, market, filter, page))
            }

            async fn depth(
                &self,
                market: &VenueId,
                symbol: &Symbol,
                levels: u32,
            ) -> Result<Option<Depth>, StoreError> {
                $answered!(self, session => read::depth(session, market, symbol, levels))
            }

            async fn trades(
                &self,
                market: &VenueId,
                symbol: &Symbol,
                page: TradePage<u64>,
            ) -> Result<Option<Vec<Trade>>, StoreError> {
                $answered!(self, session => read::trades(session, market, symbol, &page))
            }

            async fn account_trades(
                &self,
                market: &VenueId,
                account: &AccountId,
                page: TradePage<AccountTradeCursor>,
            ) -> Result<Option<Vec<AccountTrade>>, StoreError> {
                $answered!(self, session => read::account_trades(session, market, account, &page))
            }

            async fn ticker(
                &self,
                market: &VenueId,
                symbol: &Symbol,
            ) -> Result<Option<Ticker>, StoreError> {
                $answered!(self, session => read::ticker(session, market, symbol))
            }

            async fn candles(
                &self,
                market: &VenueId,
                symbol: &Symbol,
                width: Duration,
                from: Timestamp,
                limit: NonZeroU32,
            ) -> Result<Option<Vec<Candle>>, StoreError> {
                $answered!(self, session => {
                    read::candles(session, market, symbol, width, from, limit)
                })
            }

            async fn instruments(
                &self,
                market: &VenueId,
            ) -> Result<Vec<ListedInstrument>, StoreError> {
                $answered!(self, session => read::instruments(session, market))
            }

            async fn instrument_statistics(
                &self,
                market: &VenueId,
                symbol: &Symbol,
            ) -> Result<Option<InstrumentStatistics>, StoreError> {
                $answered!(self, session => read::instrument_statistics(session, market, symbol))
            }

            async fn account(
                &self,
                market: &VenueId,
                account: &AccountId,
            ) -> Result<Option<TradingAccount>, StoreError> {
                $answered!(self, session => read::account(session, market, account))
            }

            async fn account_statistics(
                &self,
                market: &VenueId,
                account: &AccountId,
            ) -> Result<Option<Vec<AccountStatistics>>, StoreError> {
                $answered!(self, session => read::account_statistics(session, market, account))
            }
        }
    };
}
pub(crate) use trading_queries;
