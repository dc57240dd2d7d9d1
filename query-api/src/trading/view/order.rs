//! Orders.

use order_domain::trading::event::CancelledBy;
use order_domain::trading::{
    ClientOrderId, OrderKind, SelfTrade, Side, TimeInForce, average_price,
};
use order_domain::{Decimal, OrderId, Position};
use order_store::trading::MarketOrder;
use serde::Serialize;
use utoipa::ToSchema;

use crate::cursor::CursorText;
use crate::each::Each;
use crate::text::{self, Rfc3339};

/// About how many bytes of JSON an order takes.
pub(crate) const ORDER_BYTES: usize = 768;

/// An order of the market and what became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MarketOrder)]
pub(crate) struct MarketOrderView<'a> {
    /// The order's id.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// Where the order stands.
    ///
    /// | status | open | executed | how it came there |
    /// |---|---|---|---|
    /// | `new` | yes | nothing | it was taken |
    /// | `partially-filled` | yes | a part | it traded, and the rest is open |
    /// | `executed` | no | all | it traded until nothing was left |
    /// | `cancelled` | no | nothing | it was cancelled before it traded |
    /// | `closed` | no | a part | it traded, and the rest was cancelled |
    /// | `rejected` | never was | nothing | it broke a rule |
    #[schema(example = "partially-filled")]
    status: &'static str,
    /// The stable code of the broken rule. Only where the order was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "insufficient-funds")]
    reason: Option<&'static str>,
    /// The broken rule in words. Only where the order was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<&'a str>,
    /// Who or what cancelled the order, or a part of it, last: `member`, `time-in-force`, `self-trade` or
    /// `trade-limit` (one command trades at most 500 times). Only where that happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "member")]
    cancelled_by: Option<CancelledBy>,
    /// How often the order has changed, counted from 1; also its `ETag`.
    version: u64,
    /// The command that last changed the order: `<partition>:<offset>` of the topic `orders`.
    #[serde(serialize_with = "text::position")]
    #[schema(value_type = String, example = "3:1042")]
    position: Position,
    /// When the order was placed: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    placed_at: Rfc3339,
    /// When it last changed: RFC 3339, UTC, in milliseconds.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T09:30:00.125Z")]
    updated_at: Rfc3339,
    /// Whose order.
    #[schema(example = "ada")]
    account: &'a str,
    /// Of which instrument.
    #[schema(example = "BTC-EUR")]
    symbol: &'a str,
    /// `buy` or `sell`.
    #[schema(value_type = String, example = "buy")]
    side: Side,
    /// `limit` or `market`.
    #[serde(rename = "type")]
    #[schema(example = "limit")]
    kind: &'static str,
    /// Where a limit order stands, or stood last: another price than it was placed with where it slid or
    /// was amended. Of a market order, the worst price, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "61250.5")]
    price: Option<Decimal>,
    /// The price that the order was placed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "61250.5")]
    placed_price: Option<Decimal>,
    /// How much was asked for when the order was placed.
    #[schema(value_type = String, example = "2.5")]
    quantity: Decimal,
    /// How long a limit order stands: `good-till-cancelled`, `immediate-or-cancel`, `fill-or-kill`,
    /// `post-only` or `post-only-slide`. A market order has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "good-till-cancelled")]
    time_in_force: Option<TimeInForce>,
    /// What happens where it would trade with an order of the same account: `allow`, `cancel-newest`,
    /// `cancel-oldest`, `cancel-both` or `decrement`.
    #[schema(value_type = String, example = "cancel-newest")]
    self_trade: SelfTrade,
    /// The member's own name for the order, if it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_order_id: Option<&'a str>,
    /// How much was executed so far.
    #[schema(value_type = String, example = "1")]
    executed: Decimal,
    /// How much is open.
    #[schema(value_type = String, example = "1.5")]
    remaining: Decimal,
    /// What was paid for what was executed, without fees, in the quote asset.
    #[schema(value_type = String, example = "61250")]
    executed_value: Decimal,
    /// `executedValue` divided by `executed`, rounded to the nearest (halves up) at 12 decimal places, or
    /// at fewer, so that it has no more than 18 digits. Only where something was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "61250")]
    average_price: Option<Decimal>,
}

/// A page of orders of the market, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = MarketOrderPage)]
pub(crate) struct MarketOrderPage<'a> {
    /// The page's orders.
    #[schema(value_type = Vec<MarketOrderView>)]
    pub(crate) orders: Each<'a, MarketOrder, MarketOrderView<'a>>,
    /// Send it as `after` to get the next page; `null` on the last one. A page that is exactly full
    /// may be followed by an empty one.
    #[schema(value_type = Option<String>, required = true)]
    pub(crate) next: Option<CursorText>,
}

impl<'a> From<&'a MarketOrder> for MarketOrderView<'a> {
    fn from(order: &'a MarketOrder) -> Self {
        let terms = &order.terms;
        let (kind, placed_price, time_in_force) = match terms.kind {
            OrderKind::Limit { price, time_in_force } => {
                ("limit", Some(price), Some(time_in_force))
            }
            OrderKind::Market { worst_price } => ("market", worst_price, None),
        };
        Self {
            order_id: order.order_id,
            status: order.status.name(),
            reason: order.refusal.as_ref().map(|refusal| refusal.reason.code()),
            detail: order.refusal.as_ref().map(|refusal| refusal.detail.as_str()),
            cancelled_by: order.cancelled_by,
            version: order.version,
            position: order.source,
            placed_at: Rfc3339(order.placed_at),
            updated_at: Rfc3339(order.updated_at),
            account: terms.account.as_str(),
            symbol: terms.symbol.as_str(),
            side: terms.side,
            kind,
            price: order.price.or(placed_price),
            placed_price,
            quantity: terms.quantity,
            time_in_force,
            self_trade: terms.self_trade,
            client_order_id: terms.client_order_id.as_ref().map(ClientOrderId::as_str),
            executed: order.executed,
            remaining: order.remaining,
            executed_value: order.executed_value,
            average_price: average_price(order.executed_value, order.executed),
        }
    }
}
