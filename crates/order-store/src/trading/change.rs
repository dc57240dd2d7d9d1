//! What one decision changes of a market.

use order_domain::trading::event::{BalanceChanged, CancelledBy, TradeExecuted};
use order_domain::trading::{AccountId, Instrument, OrderStatus, OrderTerms, Symbol};
use order_domain::{Decimal, OrderId, Position, Timestamp, VenueId};

use super::{InstrumentState, Refusal};

/// What one decision changes of a market: each order and balance once, as it is afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketChange {
    /// The market.
    pub venue: VenueId,
    /// The command in `orders`. What stands is changed only by a newer one.
    pub source: Position,
    /// The decision's time.
    pub at: Timestamp,
    /// Instruments that are listed now.
    pub listed: Vec<Instrument>,
    /// Instruments that were halted or resumed.
    pub states: Vec<(Symbol, InstrumentState)>,
    /// Accounts that are open now.
    pub opened: Vec<AccountId>,
    /// Orders.
    pub orders: Vec<OrderChange>,
    /// Trades.
    pub trades: Vec<TradeExecuted>,
    /// Balances.
    pub balances: Vec<BalanceChanged>,
}

/// What a decision changes of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderChange {
    /// Which order.
    pub order_id: OrderId,
    /// What was placed, where this decision is about placing it.
    pub placed: Option<PlacedOrder>,
    /// The version before: the change is one to the order of this version, and to no other.
    pub version_before: u64,
    /// What it is now.
    pub progress: OrderProgress,
}

/// An order as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOrder {
    /// As the member wrote it.
    pub terms: OrderTerms,
    /// Why it was not taken, if so.
    pub refusal: Option<Refusal>,
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderProgress {
    /// How often the order has changed, counted from 1.
    pub version: u64,
    /// Where it stands.
    pub status: OrderStatus,
    /// Its limit, where this tells another than the one before.
    pub price: Option<Decimal>,
    /// How much was executed so far.
    pub executed: Decimal,
    /// How much is open.
    pub remaining: Decimal,
    /// What was paid for what was executed, without fees.
    pub executed_value: Decimal,
    /// Who or what cancelled it, or a part of it, where this tells of such.
    pub cancelled_by: Option<CancelledBy>,
}

impl OrderProgress {
    /// This one, and behind it `later`.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            price: later.price.or(self.price),
            cancelled_by: later.cancelled_by.or(self.cancelled_by),
            ..later
        }
    }
}
