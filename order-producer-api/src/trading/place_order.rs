//! `POST /api/v3/order`

use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use order_domain::Decimal;
use order_domain::trading::{
    AccountId, ClientOrderId, OrderKind, OrderTerms, Request, SelfTrade, Side, Symbol, TimeInForce,
    command,
};
use serde::Deserialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::described::{BodyFailures, Durable, Failures, WriteHeaders};
use super::submit::{counted, read, submit};
use super::view::OrderAnswer;
use crate::Intake;
use crate::json::{invalid_field, name, optional_name};
use crate::wishes::Wishes;

/// An order to be placed. Other fields than these are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewMarketOrder)]
pub(super) struct PlaceOrder {
    /// Whose order.
    #[schema(value_type = String, example = "ada")]
    account: AccountId,
    /// Of which instrument.
    #[schema(value_type = String, example = "BTC-EUR")]
    symbol: Symbol,
    /// `buy` or `sell`.
    #[serde(deserialize_with = "name")]
    #[schema(value_type = String, example = "buy")]
    side: Side,
    /// `limit` or `market`.
    #[serde(rename = "type", deserialize_with = "name")]
    #[schema(value_type = String, example = "limit")]
    kind: Type,
    /// The worst price, in the quote asset for one of the base asset (a number is taken, too). A limit
    /// order has one; a market order may.
    #[schema(value_type = Option<String>, nullable = false, example = "61250.5")]
    price: Option<Decimal>,
    /// How much of the base asset (a number is taken, too).
    #[schema(value_type = String, example = "2.5")]
    quantity: Decimal,
    /// How long a limit order stands: `good-till-cancelled` (where nothing is said), `immediate-or-cancel`,
    /// `fill-or-kill`, `post-only` or `post-only-slide`. A market order is always `immediate-or-cancel`.
    #[serde(default, deserialize_with = "optional_name")]
    #[schema(value_type = Option<String>, nullable = false, example = "good-till-cancelled")]
    time_in_force: Option<TimeInForce>,
    /// What happens where it would trade with an order of the same account: `allow`, `cancel-newest`
    /// (where nothing is said), `cancel-oldest`, `cancel-both` or `decrement`.
    #[serde(default, deserialize_with = "name")]
    #[schema(value_type = String, required = false, example = "cancel-newest")]
    self_trade: SelfTrade,
    /// The member's own name for it, unique among its open orders: 1 to 64 visible ASCII characters.
    #[schema(value_type = Option<String>, nullable = false, example = "mine-1")]
    client_order_id: Option<ClientOrderId>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Type {
    Limit,
    Market,
}

/// Place an order on the market
///
/// It is answered as soon as the log has made the order durable; with `Prefer: wait=<seconds>`, with what
/// it came to: its state, and what it traded at once.
#[utoipa::path(
    post,
    path = "/api/v3/order",
    operation_id = "placeMarketOrder",
    tag = "trading",
    request_body = PlaceOrder,
    params(WriteHeaders),
    responses(
        (status = 201, description = "Taken (only with `Prefer: wait`).", body = OrderAnswer,
            headers(("ETag" = String, description = "The order's version, in quotes."))),
        Durable,
        Failures,
        BodyFailures,
    ),
)]
pub(super) async fn place_order(
    State(intake): State<Arc<Intake>>,
    request: HttpRequest,
) -> Result<Response, Problem> {
    counted(async {
        let (head, body) = request.into_parts();
        let wishes = Wishes::read_with_json(&intake, &head.headers)?;
        let (order, place) = read::<PlaceOrder>(&intake, body).await?;
        submit(&intake, wishes, order.into_request()?, place).await
    })
    .await
}

impl PlaceOrder {
    fn into_request(self) -> Result<Request, Problem> {
        let kind = self.kind()?;
        let Self { account, symbol, side, quantity, self_trade, client_order_id, .. } = self;
        let terms =
            OrderTerms { account, symbol, side, kind, quantity, self_trade, client_order_id };
        Ok(Request::PlaceOrder(command::PlaceOrder { terms }))
    }

    fn kind(&self) -> Result<OrderKind, Problem> {
        match (self.kind, self.price, self.time_in_force) {
            (Type::Limit, Some(price), time_in_force) => {
                let time_in_force = time_in_force.unwrap_or(TimeInForce::GoodTillCancelled);
                Ok(OrderKind::Limit { price, time_in_force })
            }
            (Type::Limit, None, _) => {
                Err(invalid_field("/price".to_owned(), "missing field `price` of a limit order"))
            }
            (Type::Market, worst_price, None | Some(TimeInForce::ImmediateOrCancel)) => {
                Ok(OrderKind::Market { worst_price })
            }
            (Type::Market, _, Some(_)) => {
                let detail = "a market order is `immediate-or-cancel`";
                Err(invalid_field("/timeInForce".to_owned(), detail))
            }
        }
    }
}
