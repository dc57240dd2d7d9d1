//! `GET /api/Orders/{id}`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use order_domain::OrderId;
use service_kit::parameters::{PathText, path_uuid};
use service_kit::problem::ProblemBody;

use super::view::{ORDER_BYTES, OrderView};
use crate::answer;
use crate::api::QueryApi;
use crate::described::{Failures, StrongReadHeaders};
use crate::entity_tag::EntityTag;
use crate::error::QueryError;
use crate::strong_read::StrongRead;

/// One order
///
/// Its items, its status, and, where it was rejected, why.
#[utoipa::path(
    get,
    path = "/api/Orders/{id}",
    operation_id = "getOrder",
    tag = "purchasing",
    params(
        ("id" = Uuid, Path, description = "The order's id."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a state that the client has: 304 if the order has not changed since."),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "The order.", body = OrderView, headers(("ETag" = String, description = "The order's version, in quotes."))),
        (status = 304, description = "The order is as `If-None-Match` has it."),
        (status = 404, description = "There is no order of this id, or not yet.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn order(
    State(api): State<QueryApi>,
    id: PathText,
    strong: StrongRead,
    headers: HeaderMap,
) -> Result<Response, QueryError> {
    let id = OrderId(path_uuid("id", id)?);
    api.catch_up(strong).await?;
    let row = api.reader.order(id).await?.ok_or(QueryError::NoSuchOrder(id))?;
    let tag = EntityTag::of(row.version);
    Ok(answer::unless_known(&headers, &tag, &OrderView::from(&row), ORDER_BYTES))
}
