//! Accounts.

use order_domain::Decimal;
use order_store::trading::{AccountStatistics, Balance, TradingAccount};
use serde::Serialize;
use utoipa::ToSchema;

use crate::each::Each;
use crate::text::Rfc3339;

/// About how many bytes of JSON a balance, or what was done on one instrument, takes.
pub(crate) const LINE_BYTES: usize = 192;

/// An account: what it has, and what it did.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(crate) struct AccountView<'a> {
    /// Its name.
    #[schema(example = "ada")]
    account: &'a str,
    /// When it was opened: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    opened_at: Rfc3339,
    /// What it has, by asset's name. Assets it never had are left out.
    #[schema(value_type = Vec<BalanceView>)]
    balances: Each<'a, Balance, BalanceView<'a>>,
    /// What it did, all time, by instrument's name. Instruments it never traded are left out.
    #[schema(value_type = Vec<AccountStatisticsView>)]
    statistics: Each<'a, AccountStatistics, AccountStatisticsView<'a>>,
}

/// What an account has of an asset.
#[derive(Serialize, ToSchema)]
#[schema(as = Balance)]
pub(crate) struct BalanceView<'a> {
    /// Of what.
    #[schema(example = "EUR")]
    asset: &'a str,
    /// What orders may be placed with, and withdrawn.
    #[schema(value_type = String, example = "1250.75")]
    available: Decimal,
    /// What open orders hold.
    #[schema(value_type = String, example = "500")]
    held: Decimal,
}

/// What an account did on one instrument, all time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountStatistics)]
pub(crate) struct AccountStatisticsView<'a> {
    /// Of which instrument.
    #[schema(example = "BTC-EUR")]
    symbol: &'a str,
    /// How many trades as maker.
    trades_as_maker: u64,
    /// How many trades as taker.
    trades_as_taker: u64,
    /// How much of the base asset it bought.
    #[schema(value_type = String, example = "2.5")]
    bought: Decimal,
    /// How much of the base asset it sold.
    #[schema(value_type = String, example = "0.5")]
    sold: Decimal,
    /// What it paid and got, in the quote asset, together.
    #[schema(value_type = String, example = "183750")]
    turnover: Decimal,
    /// What it paid in fees, in the quote asset.
    #[schema(value_type = String, example = "321.5")]
    fees: Decimal,
}

impl<'a> AccountView<'a> {
    pub(crate) fn new(account: &'a TradingAccount, statistics: &'a [AccountStatistics]) -> Self {
        Self {
            account: account.account.as_str(),
            opened_at: Rfc3339(account.opened_at),
            balances: Each::of(&account.balances),
            statistics: Each::of(statistics),
        }
    }
}

impl<'a> From<&'a Balance> for BalanceView<'a> {
    fn from(balance: &'a Balance) -> Self {
        let Balance { asset, available, held } = balance;
        Self { asset: asset.as_str(), available: *available, held: *held }
    }
}

impl<'a> From<&'a AccountStatistics> for AccountStatisticsView<'a> {
    fn from(statistics: &'a AccountStatistics) -> Self {
        Self {
            symbol: statistics.symbol.as_str(),
            trades_as_maker: statistics.trades_as_maker,
            trades_as_taker: statistics.trades_as_taker,
            bought: statistics.bought,
            sold: statistics.sold,
            turnover: statistics.turnover,
            fees: statistics.fees,
        }
    }
}
