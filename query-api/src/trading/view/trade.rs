//! Trades: as all see them, and as one of their accounts does.

use order_domain::trading::Side;
use order_domain::{Decimal, OrderId};
use order_store::trading::{AccountTrade, Trade};
use serde::Serialize;
use utoipa::ToSchema;

use crate::each::Each;
use crate::text::Rfc3339;

/// About how many bytes of JSON a trade takes.
pub(crate) const TRADE_BYTES: usize = 256;

/// Two orders that traded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Trade)]
pub(crate) struct TradeView {
    /// Its number on this instrument, from 1, without gaps.
    number: u64,
    /// For one of the base asset, in the quote asset.
    #[schema(value_type = String, example = "61250.5")]
    price: Decimal,
    /// How much of the base asset.
    #[schema(value_type = String, example = "0.25")]
    quantity: Decimal,
    /// What the order did that came later: `buy` or `sell`.
    #[schema(value_type = String, example = "buy")]
    taker_side: Side,
    /// When: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    at: Rfc3339,
}

/// A page of an instrument's trades, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = TradePage)]
pub(crate) struct TradePageView<'a> {
    /// Of which instrument.
    #[schema(example = "BTC-EUR")]
    pub(crate) symbol: &'a str,
    /// The page's trades.
    #[schema(value_type = Vec<TradeView>)]
    pub(crate) trades: Each<'a, Trade, TradeView>,
    /// Send it as `after` to get the next page; `null` on the last one. A page that is exactly full
    /// may be followed by an empty one.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}

/// A trade of an account. One that traded with itself has it twice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountTrade)]
pub(crate) struct AccountTradeView<'a> {
    /// Of which instrument.
    #[schema(example = "BTC-EUR")]
    symbol: &'a str,
    /// Its number on the instrument, from 1, without gaps.
    number: u64,
    /// The account's order.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// What the account did: `buy` or `sell`.
    #[schema(value_type = String, example = "buy")]
    side: Side,
    /// `maker` where the account's order was there first, `taker` where it came later.
    #[schema(example = "maker")]
    role: &'static str,
    /// For one of the base asset, in the quote asset.
    #[schema(value_type = String, example = "61250.5")]
    price: Decimal,
    /// How much of the base asset.
    #[schema(value_type = String, example = "0.25")]
    quantity: Decimal,
    /// What the account paid for the trade, in the quote asset.
    #[schema(value_type = String, example = "15.31")]
    fee: Decimal,
    /// When: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    at: Rfc3339,
}

/// A page of an account's trades, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountTradePage)]
pub(crate) struct AccountTradePageView<'a> {
    /// Whose trades.
    #[schema(example = "ada")]
    pub(crate) account: &'a str,
    /// The page's trades.
    #[schema(value_type = Vec<AccountTradeView>)]
    pub(crate) trades: Each<'a, AccountTrade, AccountTradeView<'a>>,
    /// Send it as `after` to get the next page; `null` on the last one. A page that is exactly full
    /// may be followed by an empty one.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}

impl From<&Trade> for TradeView {
    fn from(trade: &Trade) -> Self {
        Self {
            number: trade.number,
            price: trade.price,
            quantity: trade.quantity,
            taker_side: trade.taker_side,
            at: Rfc3339(trade.at),
        }
    }
}

impl<'a> From<&'a AccountTrade> for AccountTradeView<'a> {
    fn from(AccountTrade { trade, as_maker }: &'a AccountTrade) -> Self {
        let (own, side, role) = if *as_maker {
            (&trade.maker, opposite(trade.taker_side), "maker")
        } else {
            (&trade.taker, trade.taker_side, "taker")
        };
        Self {
            symbol: trade.symbol.as_str(),
            number: trade.number,
            order_id: own.order_id,
            side,
            role,
            price: trade.price,
            quantity: trade.quantity,
            fee: own.fee,
            at: Rfc3339(trade.at),
        }
    }
}

const fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}
