//! The port of a market's readers.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use order_domain::trading::{AccountId, Symbol};
use order_domain::{OrderId, Timestamp, VenueId};

use super::{
    AccountStatistics, AccountTrade, Candle, Depth, InstrumentStatistics, ListedInstrument,
    MarketOrder, MarketOrderFilter, Ticker, Trade, TradePage, TradingAccount,
};
use crate::{Page, StoreError};

/// The most levels of a side that [`TradingQueries::depth`] gives.
pub const DEPTH_LEVELS_MAX: u32 = 1_000;

/// The most candles that [`TradingQueries::candles`] gives.
pub const CANDLES_MAX: u32 = 1_000;

/// What readers ask of a market, named by its venue. Nothing here writes.
///
/// Where a question names an instrument or an account that the market doesn't have, the answer is
/// `None`; where it has nothing to tell of one that it has, the answer is empty.
///
/// Sums (of levels, candles and statistics) have no bound of their own, and a [`Decimal`] shows 18
/// digits: of a longer sum the last decimal places are left out, and one whose whole part is longer is
/// shown as 999999999999999999.
///
/// [`Decimal`]: order_domain::Decimal
#[async_trait]
pub trait TradingQueries: Send + Sync + 'static {
    /// One order of the market.
    async fn market_order(
        &self,
        market: &VenueId,
        order_id: OrderId,
    ) -> Result<Option<MarketOrder>, StoreError>;

    /// A page of the orders that the filter lets through, newest first.
    async fn market_orders(
        &self,
        market: &VenueId,
        filter: &MarketOrderFilter,
        page: Page,
    ) -> Result<Vec<MarketOrder>, StoreError>;

    /// At most `levels` of each side of an instrument's book, 1 to [`DEPTH_LEVELS_MAX`].
    async fn depth(
        &self,
        market: &VenueId,
        symbol: &Symbol,
        levels: u32,
    ) -> Result<Option<Depth>, StoreError>;

    /// A page of an instrument's trades, newest first; `after` is the number of a trade.
    async fn trades(
        &self,
        market: &VenueId,
        symbol: &Symbol,
        page: TradePage<u64>,
    ) -> Result<Option<Vec<Trade>>, StoreError>;

    /// A page of the trades of an account, newest first; `after` is the last one of the page before.
    async fn account_trades(
        &self,
        market: &VenueId,
        account: &AccountId,
        page: TradePage<AccountTradeCursor>,
    ) -> Result<Option<Vec<AccountTrade>>, StoreError>;

    /// Last price, best prices and the last 24 hours of an instrument.
    async fn ticker(&self, market: &VenueId, symbol: &Symbol)
    -> Result<Option<Ticker>, StoreError>;

    /// The candles of an instrument, oldest first: stretches of `width` (whole seconds, at least
    /// one), which begin at multiples of it since 1970, from that which holds `from` on, at most
    /// `limit` and at most [`CANDLES_MAX`]. Stretches without a trade are left out.
    async fn candles(
        &self,
        market: &VenueId,
        symbol: &Symbol,
        width: Duration,
        from: Timestamp,
        limit: NonZeroU32,
    ) -> Result<Option<Vec<Candle>>, StoreError>;

    /// All instruments, by name.
    async fn instruments(&self, market: &VenueId) -> Result<Vec<ListedInstrument>, StoreError>;

    /// What an instrument did, all time.
    async fn instrument_statistics(
        &self,
        market: &VenueId,
        symbol: &Symbol,
    ) -> Result<Option<InstrumentStatistics>, StoreError>;

    /// An account and its balances.
    async fn account(
        &self,
        market: &VenueId,
        account: &AccountId,
    ) -> Result<Option<TradingAccount>, StoreError>;

    /// What an account did, by instrument's name; instruments it never traded are left out.
    async fn account_statistics(
        &self,
        market: &VenueId,
        account: &AccountId,
    ) -> Result<Option<Vec<AccountStatistics>>, StoreError>;
}

/// A place in the list of an account's trades: newest first by time, then symbol, then number from
/// high to low, then the taker's side of a trade before the maker's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTradeCursor {
    /// The trade's time.
    pub at: Timestamp,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its number.
    pub number: u64,
    /// Whether the account was the maker.
    pub as_maker: bool,
}
