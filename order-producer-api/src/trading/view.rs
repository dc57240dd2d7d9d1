//! The bodies of answers.

use order_domain::trading::event::CancelledBy;
use order_domain::trading::{AccountId, AssetCode, OrderStatus, Symbol};
use order_domain::{Decimal, OrderId};
use serde::Serialize;
use utoipa::ToSchema;

/// The command is durable.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MarketReceipt)]
pub(super) struct Receipt<'a> {
    /// The command's id.
    #[schema(value_type = uuid::Uuid)]
    pub(super) command_id: &'a str,
    /// The order that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>, nullable = false)]
    pub(super) order_id: Option<OrderId>,
    /// How far the command has come.
    pub(super) status: Status,
    /// Whether it changed anything. Only where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) changed: Option<bool>,
    /// What the account has now of the assets that were changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) balances: Vec<Balance<'a>>,
    /// Where the command stands in the log: `<partition>:<offset>`.
    #[schema(value_type = String, example = "3:1042")]
    pub(super) position: &'a str,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = MarketCommandStatus)]
pub(super) enum Status {
    /// Durable; not yet decided.
    AcceptedForProcessing,
    /// Taken: it keeps all rules.
    Taken,
    /// Durable, but not readable for the engine: a person must mend it.
    DeadLettered,
}

/// What an account has of an asset.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedBalance)]
pub(super) struct Balance<'a> {
    /// Of what.
    #[schema(value_type = String, example = "EUR")]
    pub(super) asset: &'a AssetCode,
    /// What orders may be placed with, and withdrawn.
    #[schema(value_type = String, example = "9900.5")]
    pub(super) available: Decimal,
    /// What open orders hold.
    #[schema(value_type = String, example = "99.5")]
    pub(super) held: Decimal,
}

/// An order after a command, and what the command did with it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MarketOrderOutcome)]
pub(super) struct OrderAnswer<'a> {
    /// The command's id.
    #[schema(value_type = uuid::Uuid)]
    pub(super) command_id: &'a str,
    /// The order's id.
    #[schema(value_type = uuid::Uuid)]
    pub(super) order_id: OrderId,
    /// Where it stands: `new`, `partially-filled`, `executed`, `cancelled` or `closed`.
    #[schema(value_type = String, example = "partially-filled")]
    pub(super) status: OrderStatus,
    /// How often it has changed, counted from 1; also its `ETag`.
    #[schema(example = 2)]
    pub(super) version: u64,
    /// Where a limit order stands: another price than was asked for where it slid. Left out after a
    /// cancel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "61250.5")]
    pub(super) price: Option<Decimal>,
    /// How much was executed so far.
    #[schema(value_type = String, example = "1")]
    pub(super) executed: Decimal,
    /// How much is open.
    #[schema(value_type = String, example = "1.5")]
    pub(super) remaining: Decimal,
    /// What was paid for what was executed, without fees, in the quote asset.
    #[schema(value_type = String, example = "61250.5")]
    pub(super) executed_value: Decimal,
    /// `executedValue` divided by `executed`. Only where something was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "61250.5")]
    pub(super) average_price: Option<Decimal>,
    /// Who or what cancelled it, or a part of it, just now: `member`, `time-in-force`, `self-trade` or
    /// `trade-limit` (one command trades at most 500 times).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "time-in-force")]
    pub(super) cancelled_by: Option<CancelledBy>,
    /// What it traded just now, in this order.
    pub(super) fills: Vec<Fill>,
    /// Where the command stands in the log: `<partition>:<offset>`.
    #[schema(value_type = String, example = "3:1042")]
    pub(super) position: &'a str,
}

/// A trade, as the order sees it that came later.
#[derive(Serialize, ToSchema)]
pub(super) struct Fill {
    /// The trade's number on this instrument.
    #[schema(example = 1)]
    pub(super) number: u64,
    /// For one of the base asset, in the quote asset.
    #[schema(value_type = String, example = "61250.5")]
    pub(super) price: Decimal,
    /// How much of the base asset.
    #[schema(value_type = String, example = "1")]
    pub(super) quantity: Decimal,
    /// What the order's account paid for the trade, in the quote asset.
    #[schema(value_type = String, example = "153.12")]
    pub(super) fee: Decimal,
}

/// The orders that were cancelled at once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CancelledMarketOrders)]
pub(super) struct CancelledOrders<'a> {
    /// The command's id.
    #[schema(value_type = uuid::Uuid)]
    pub(super) command_id: &'a str,
    /// Whose orders.
    #[schema(value_type = String, example = "ada")]
    pub(super) account: &'a AccountId,
    /// Of which instrument, where only those of one were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "BTC-EUR")]
    pub(super) symbol: Option<&'a Symbol>,
    /// The orders, the oldest first.
    pub(super) orders: Vec<CancelledOrder>,
    /// Whether as many were cancelled as may be at once: there may be more, so send it again, with
    /// another key.
    pub(super) more: bool,
    /// Where the command stands in the log: `<partition>:<offset>`.
    #[schema(value_type = String, example = "3:1042")]
    pub(super) position: &'a str,
}

/// An order that was cancelled together with others.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CancelledMarketOrder)]
pub(super) struct CancelledOrder {
    /// The order's id.
    #[schema(value_type = uuid::Uuid)]
    pub(super) order_id: OrderId,
    /// `cancelled`, or `closed` where a part of it was executed before.
    #[schema(value_type = String, example = "cancelled")]
    pub(super) status: OrderStatus,
    /// How much was executed.
    #[schema(value_type = String, example = "0")]
    pub(super) executed: Decimal,
}
