//! `PATCH /api/v3/order/{id}`

use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use order_domain::trading::{AccountId, Request, command};
use order_domain::{Decimal, OrderId};
use serde::Deserialize;
use service_kit::Problem;
use service_kit::parameters::PathText;
use service_kit::problem::ProblemBody;
use utoipa::ToSchema;

use super::described::{BodyFailures, Condition, Durable, Failures, WriteHeaders};
use super::if_match::IfMatch;
use super::path;
use super::submit::{conditional, counted, read, submit};
use super::view::OrderAnswer;
use crate::Intake;
use crate::wishes::Wishes;

/// What to change of an open order. Other fields than these are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MarketOrderAmendment)]
pub(super) struct AmendOrder {
    /// Whose order it is: another account's is left alone, as if there were none. Where nothing is said,
    /// anybody's is meant.
    #[schema(value_type = Option<String>, nullable = false, example = "ada")]
    account: Option<AccountId>,
    /// The new limit (a number is taken, too).
    #[schema(value_type = Option<String>, nullable = false, example = "61300")]
    price: Option<Decimal>,
    /// The new *open* quantity (a number is taken, too).
    #[schema(value_type = Option<String>, nullable = false, example = "1.5")]
    quantity: Option<Decimal>,
}

/// Amend an open order
///
/// The same price and no more quantity keep its place in the queue. Anything else puts it at the back,
/// and it may trade like a new one.
#[utoipa::path(
    patch,
    path = "/api/v3/order/{id}",
    operation_id = "amendMarketOrder",
    tag = "trading",
    request_body = AmendOrder,
    params(
        ("id" = uuid::Uuid, Path, description = "The order's id."),
        Condition,
        WriteHeaders,
    ),
    responses(
        (status = 200, description = "Amended (only with `If-Match` or `Prefer: wait`).", body = OrderAnswer,
            headers(("ETag" = String, description = "The order's version, in quotes."))),
        (status = 404, description = "No order of this id, or of this account, is known to the market.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The order is not at the version of `If-Match`.",
            body = ProblemBody, content_type = "application/problem+json"),
        Durable,
        Failures,
        BodyFailures,
    ),
)]
pub(super) async fn amend_order(
    State(intake): State<Arc<Intake>>,
    id: PathText,
    request: HttpRequest,
) -> Result<Response, Problem> {
    counted(async {
        let order_id = path::order_id(id)?;
        let (head, body) = request.into_parts();
        let wishes = Wishes::read_with_json(&intake, &head.headers)?;
        let (wishes, if_match) = conditional(&intake, wishes, &head.headers)?;
        let (amendment, place) = read::<AmendOrder>(&intake, body).await?;
        submit(&intake, wishes, amendment.into_request(order_id, if_match), place).await
    })
    .await
}

impl AmendOrder {
    fn into_request(self, order_id: OrderId, if_match: Option<IfMatch>) -> Request {
        let Self { account, price, quantity } = self;
        let if_version = if_match.and_then(IfMatch::version);
        Request::AmendOrder(command::AmendOrder { order_id, account, price, quantity, if_version })
    }
}
