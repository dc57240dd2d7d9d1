//! What happened on a market.
//!
//! The first event of a market's decision says which command was decided and on which market:
//! [`CommandTaken`], [`CommandRefused`], [`OrderRejected`], [`CommandRepeated`] or
//! [`CommandConflicted`]. The others follow a `CommandTaken` only.
//!
//! Balances and orders are told as they are *after* the event: whoever shows them takes the newest
//! event's word and adds nothing up.

use serde::{Deserialize, Serialize};

use super::{
    AccountId, AssetCode, CommandId, Instrument, OrderStatus, OrderTerms, RefusalReason, Side,
    Symbol,
};
use crate::{Decimal, Fingerprint, Offset, OrderId, VenueId};

/// How many trades one command may cause: a decision is one record, and a record has a size. What
/// is left of the taker then is cancelled.
pub const TRADES_PER_COMMAND_MAX: usize = 500;

/// How many orders one command may cancel.
pub const CANCELLED_AT_ONCE_MAX: usize = 500;

/// One thing that happened on a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TradingEvent {
    /// An instrument is known.
    InstrumentListed(InstrumentListed),
    /// An instrument takes no orders.
    InstrumentHalted(InstrumentHalted),
    /// An instrument takes orders again.
    InstrumentResumed(InstrumentResumed),
    /// An account is known.
    AccountOpened(AccountOpened),
    /// What an account has of an asset is another now.
    BalanceChanged(BalanceChanged),
    /// An order is taken.
    OrderAccepted(OrderAccepted),
    /// An order was not taken.
    OrderRejected(OrderRejected),
    /// Two orders traded.
    TradeExecuted(TradeExecuted),
    /// A part of an order was executed or cancelled; the rest stays open.
    OrderUpdated(OrderUpdated),
    /// An order has other terms now.
    OrderAmended(OrderAmended),
    /// What was open of an order was cancelled, or a part of it.
    OrderCancelled(OrderCancelled),
    /// An order has ended.
    OrderClosed(OrderClosed),
    /// A command was taken. What it changed follows; nothing does where it changed nothing.
    CommandTaken(CommandTaken),
    /// A command that places no order was refused.
    CommandRefused(CommandRefused),
    /// The same command came again. The outcome is that of the first; nothing changes.
    CommandRepeated(CommandRepeated),
    /// A command came with the id of an earlier one but another body. The first one stands.
    CommandConflicted(CommandConflicted),
}

/// An instrument is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentListed {
    /// Its terms.
    pub instrument: Instrument,
}

/// An instrument takes no orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentHalted {
    /// Which one.
    pub symbol: Symbol,
}

/// An instrument takes orders again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentResumed {
    /// Which one.
    pub symbol: Symbol,
}

/// An account is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountOpened {
    /// Its name.
    pub account: AccountId,
}

/// What an account has of an asset is another now. A command tells it once an account and asset,
/// after everything it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceChanged {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetCode,
    /// What orders may be placed with, and withdrawn.
    pub available: Decimal,
    /// What open orders hold.
    pub held: Decimal,
}

/// An order is taken. It is open; what follows in the same decision may end it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderAccepted {
    /// Its id.
    pub order_id: OrderId,
    /// As the member wrote it.
    pub terms: OrderTerms,
    /// The price it stands at: another than the terms' where it slid; `None` for a market order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
}

/// An order was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRejected {
    /// On which market.
    pub venue: VenueId,
    /// Its id; also the command's.
    pub order_id: OrderId,
    /// Identifies the command's content.
    pub fingerprint: Fingerprint,
    /// As the member wrote it.
    pub terms: OrderTerms,
    /// Which rule.
    pub reason: RefusalReason,
    /// The rule in words, with the figures that broke it.
    pub detail: String,
}

/// Two orders traded, at the maker's price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeExecuted {
    /// Its number on this instrument, from 1, without gaps.
    pub trade: u64,
    /// Of which instrument.
    pub symbol: Symbol,
    /// For one of the base asset.
    pub price: Decimal,
    /// Of the base asset.
    pub quantity: Decimal,
    /// Who was there first.
    pub maker: TradeSide,
    /// Who came.
    pub taker: TradeSide,
    /// What the taker did.
    pub taker_side: Side,
}

/// One side of a trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeSide {
    /// The order.
    pub order_id: OrderId,
    /// Its account.
    pub account: AccountId,
    /// What it paid for the trade, in the quote asset.
    pub fee: Decimal,
}

/// A part of an order was executed, or cancelled, and the rest stays open. Told once an order and
/// command; one that ends is told by [`OrderClosed`] alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderUpdated {
    /// Which order.
    pub order_id: OrderId,
    /// What it is now.
    pub state: OrderState,
}

/// An order as it is after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderState {
    /// 1 when the order was accepted; one more with every event about it that tells its state.
    pub version: u64,
    /// How much was executed so far.
    pub executed: Decimal,
    /// How much is open.
    pub remaining: Decimal,
    /// What was paid for what was executed, without fees, in the quote asset. Divided by `executed`
    /// it is the average price.
    pub executed_value: Decimal,
}

/// An order has other terms now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderAmended {
    /// Which order.
    pub order_id: OrderId,
    /// Its limit now.
    pub price: Decimal,
    /// What it is now.
    pub state: OrderState,
    /// Whether it kept its place in the queue.
    pub kept_place: bool,
}

/// What was open of an order was cancelled, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled {
    /// Which order.
    pub order_id: OrderId,
    /// How much.
    pub quantity: Decimal,
    /// Who or what cancelled it.
    pub by: CancelledBy,
}

/// Who or what cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelledBy {
    /// The member.
    Member,
    /// The order's own time in force: it does not rest.
    TimeInForce,
    /// It would have traded with an order of the same account.
    SelfTrade,
    /// It came to [`TRADES_PER_COMMAND_MAX`] trades.
    TradeLimit,
}

impl CancelledBy {
    /// Everyone and everything that cancels.
    pub const ALL: [Self; 4] = [Self::Member, Self::TimeInForce, Self::SelfTrade, Self::TradeLimit];

    /// The name on the wire, such as `time-in-force`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::TimeInForce => "time-in-force",
            Self::SelfTrade => "self-trade",
            Self::TradeLimit => "trade-limit",
        }
    }

    /// The one with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }
}

/// An order has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderClosed {
    /// Which order.
    pub order_id: OrderId,
    /// How: [`Executed`](OrderStatus::Executed), [`Cancelled`](OrderStatus::Cancelled) or
    /// [`Closed`](OrderStatus::Closed).
    pub status: OrderStatus,
    /// What it came to; nothing remains.
    pub state: OrderState,
}

/// A command was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandTaken {
    /// On which market.
    pub venue: VenueId,
    /// Which command.
    pub command_id: CommandId,
    /// Identifies the command's content.
    pub fingerprint: Fingerprint,
}

/// A command that places no order was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandRefused {
    /// On which market.
    pub venue: VenueId,
    /// Which command.
    pub command_id: CommandId,
    /// Identifies the command's content.
    pub fingerprint: Fingerprint,
    /// The order it was about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Which rule.
    pub reason: RefusalReason,
    /// The rule in words. Of an order that a fill has overtaken it says what was filled.
    pub detail: String,
}

/// The same command came again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandRepeated {
    /// On which market.
    pub venue: VenueId,
    /// Which command.
    pub command_id: CommandId,
    /// The offset of the first one in `orders`.
    pub first: Offset,
    /// Why the first was refused; `None` where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusalReason>,
}

/// A command came with a used id and another body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandConflicted {
    /// On which market.
    pub venue: VenueId,
    /// Which command.
    pub command_id: CommandId,
    /// The offset of the first one in `orders`.
    pub first: Offset,
}

impl TradingEvent {
    /// The market, of an event that a decision begins with; the others stand for the same one.
    pub const fn venue(&self) -> Option<&VenueId> {
        match self {
            Self::CommandTaken(event) => Some(&event.venue),
            Self::CommandRefused(event) => Some(&event.venue),
            Self::OrderRejected(event) => Some(&event.venue),
            Self::CommandRepeated(event) => Some(&event.venue),
            Self::CommandConflicted(event) => Some(&event.venue),
            _ => None,
        }
    }

    /// The command that was decided, of an event that a decision begins with.
    pub const fn command_id(&self) -> Option<CommandId> {
        match self {
            Self::CommandTaken(event) => Some(event.command_id),
            Self::CommandRefused(event) => Some(event.command_id),
            Self::OrderRejected(event) => Some(CommandId(event.order_id.0)),
            Self::CommandRepeated(event) => Some(event.command_id),
            Self::CommandConflicted(event) => Some(event.command_id),
            _ => None,
        }
    }

    /// The order this event is about, if it is about one alone.
    pub const fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::OrderAccepted(event) => Some(event.order_id),
            Self::OrderRejected(event) => Some(event.order_id),
            Self::OrderUpdated(event) => Some(event.order_id),
            Self::OrderAmended(event) => Some(event.order_id),
            Self::OrderCancelled(event) => Some(event.order_id),
            Self::OrderClosed(event) => Some(event.order_id),
            Self::CommandRefused(event) => event.order_id,
            _ => None,
        }
    }
}
