//! What readers see of a market.

use order_domain::trading::event::{CancelledBy, TradeSide};
use order_domain::trading::{
    AccountId, AssetCode, Instrument, OrderStatus, OrderTerms, RefusalReason, Side, Symbol,
};
use order_domain::{Decimal, OrderId, Position, Timestamp};

use crate::Cursor;

/// An order of a market, open or ended, or one that was never taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketOrder {
    /// The order's id.
    pub order_id: OrderId,
    /// The command in `orders` that last changed this row. A write applies only if it is newer.
    pub source: Position,
    /// How often the order has changed, counted from 1.
    pub version: u64,
    /// Where it stands.
    pub status: OrderStatus,
    /// As the member wrote them.
    pub terms: OrderTerms,
    /// The limit it stands at, or stood at last: another than the terms' where it slid or was
    /// amended; the terms' where it was never taken; `None` for a market order.
    pub price: Option<Decimal>,
    /// How much was executed so far.
    pub executed: Decimal,
    /// How much is open.
    pub remaining: Decimal,
    /// What was paid for what was executed, without fees, in the quote asset.
    pub executed_value: Decimal,
    /// Who or what cancelled it, or a part of it, last.
    pub cancelled_by: Option<CancelledBy>,
    /// Why it was never taken, where it was not.
    pub refusal: Option<Refusal>,
    /// When it was placed: its command's time in the log.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl MarketOrder {
    /// The row's place in the list of orders.
    pub const fn cursor(&self) -> Cursor {
        Cursor { placed_at: self.placed_at, order_id: self.order_id }
    }
}

/// Why an order was never taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule.
    pub reason: RefusalReason,
    /// The rule in words.
    pub detail: String,
}

/// Which orders of a market to list. Every condition that is set must hold.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MarketOrderFilter {
    /// Where they stand.
    pub status: Option<OrderStatus>,
    /// Of which instrument.
    pub symbol: Option<Symbol>,
    /// Whose.
    pub account: Option<AccountId>,
}

/// The best levels of an instrument's book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Buys, the highest price first.
    pub bids: Vec<Level>,
    /// Sells, the lowest price first.
    pub asks: Vec<Level>,
}

/// All open orders of one side at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Decimal,
    /// How much is open there, all orders together.
    pub quantity: Decimal,
    /// How many orders.
    pub orders: u32,
}

/// Two orders that traded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Its number on this instrument, from 1, without gaps.
    pub number: u64,
    /// Of which instrument.
    pub symbol: Symbol,
    /// For one of the base asset.
    pub price: Decimal,
    /// Of the base asset.
    pub quantity: Decimal,
    /// What the taker did.
    pub taker_side: Side,
    /// Who was there first.
    pub maker: TradeSide,
    /// Who came.
    pub taker: TradeSide,
    /// When: the taker's command's time in the log.
    pub at: Timestamp,
}

/// A trade as one of its accounts sees it. One that traded with itself sees it twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTrade {
    /// The trade.
    pub trade: Trade,
    /// Whether the account was the maker.
    pub as_maker: bool,
}

/// A page of trades, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradePage<C> {
    /// At most this many, 1 to [`PAGE_ROWS_MAX`](crate::PAGE_ROWS_MAX).
    pub limit: u32,
    /// Only those behind this one.
    pub after: Option<C>,
}

/// What an instrument did in the 24 hours that end with the newest record of its market. A trade of
/// exactly 24 hours ago is no part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticker {
    /// The end of the 24 hours: the time, by the log, of the market's newest decision.
    pub at: Timestamp,
    /// The price of the last trade, however old.
    pub last: Option<Decimal>,
    /// Prices and volume of the 24 hours; `None` where nothing was traded.
    pub day: Option<Candle>,
    /// The best buy.
    pub best_bid: Option<Level>,
    /// The best sell.
    pub best_ask: Option<Level>,
}

/// The trades of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// Where the stretch begins.
    pub start: Timestamp,
    /// The first price.
    pub open: Decimal,
    /// The highest.
    pub high: Decimal,
    /// The lowest.
    pub low: Decimal,
    /// The last.
    pub close: Decimal,
    /// How much of the base asset was traded.
    pub volume: Decimal,
    /// What was paid for it, in the quote asset.
    pub turnover: Decimal,
    /// How many trades.
    pub trades: u64,
}

/// Whether an instrument takes orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstrumentState {
    /// It does.
    Trading,
    /// It does not, for now.
    Halted,
}

impl InstrumentState {
    /// The name in SQL and in HTTP: `trading` or `halted`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Halted => "halted",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Trading, Self::Halted].into_iter().find(|state| state.name() == name)
    }
}

/// An instrument and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInstrument {
    /// Its terms.
    pub terms: Instrument,
    /// Whether it takes orders.
    pub state: InstrumentState,
}

/// An account and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradingAccount {
    /// Its name.
    pub account: AccountId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What it has, by asset's name; assets it never had are left out.
    pub balances: Vec<Balance>,
}

/// What an account has of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Of what.
    pub asset: AssetCode,
    /// What orders may be placed with, and withdrawn.
    pub available: Decimal,
    /// What open orders hold.
    pub held: Decimal,
}

/// What an account did on one instrument, all time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStatistics {
    /// Of which instrument.
    pub symbol: Symbol,
    /// How many trades as maker.
    pub trades_as_maker: u64,
    /// How many trades as taker.
    pub trades_as_taker: u64,
    /// How much of the base asset it bought.
    pub bought: Decimal,
    /// How much of the base asset it sold.
    pub sold: Decimal,
    /// What it paid and got, in the quote asset, together.
    pub turnover: Decimal,
    /// What it paid in fees, in the quote asset.
    pub fees: Decimal,
}

/// What an instrument did, all time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentStatistics {
    /// How many trades.
    pub trades: u64,
    /// How much of the base asset was traded.
    pub volume: Decimal,
    /// What was paid for it, in the quote asset.
    pub turnover: Decimal,
    /// What both sides paid in fees, in the quote asset.
    pub fees: Decimal,
    /// How many orders are open.
    pub open_orders: u64,
}
