//! `GET /api/v3/order/{id}`

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use order_domain::OrderId;
use service_kit::parameters::{Parameters, PathText, path_uuid};
use service_kit::problem::ProblemBody;

use super::view::order::{MarketOrderView, ORDER_BYTES};
use crate::answer;
use crate::api::QueryApi;
use crate::described::{Failures, StrongReadHeaders};
use crate::entity_tag::EntityTag;
use crate::error::QueryError;
use crate::strong_read::StrongRead;

/// One order of the market
///
/// What was asked for, and what became of it. Its `ETag` is what an amendment or a cancellation sends as
/// `If-Match`, so as not to change an order that has moved on.
#[utoipa::path(
    get,
    path = "/api/v3/order/{id}",
    operation_id = "getMarketOrder",
    tag = "trading",
    params(
        ("id" = Uuid, Path, description = "The order's id."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a state that the client has: 304 if the order has not changed since."),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "The order.", body = MarketOrderView, headers(("ETag" = String, description = "The order's version, in quotes."))),
        (status = 304, description = "The order is as `If-None-Match` has it."),
        (status = 404, description = "There is no order of this id, or not yet.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn order(
    State(api): State<QueryApi>,
    id: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
    headers: HeaderMap,
) -> Result<Response, QueryError> {
    let id = OrderId(path_uuid("id", id)?);
    Parameters::read(query.as_deref(), &[])?;
    api.catch_up(strong).await?;
    let order = api.market.order(id).await?.ok_or(QueryError::NoSuchOrder(id))?;
    let tag = EntityTag::of(order.version);
    Ok(answer::unless_known(&headers, &tag, &MarketOrderView::from(&order), ORDER_BYTES))
}
