//! `GET /api/Orders/{id}`

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use order_domain::OrderId;
use service_kit::problem::ProblemBody;
use uuid::Uuid;

use super::answer;
use super::described::{Failures, StrongReadHeaders};
use super::entity_tag::EntityTag;
use super::view::OrderView;
use crate::api::QueryApi;
use crate::error::QueryError;
use crate::strong_read::StrongRead;

/// The length of a UUID with its hyphens, the only form that orders are shown and asked for in.
const ID_LENGTH: usize = 36;

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
    id: Result<Path<String>, PathRejection>,
    strong: StrongRead,
    headers: HeaderMap,
) -> Result<Response, QueryError> {
    let id = order_id(id.ok().as_deref().map(String::as_str))?;
    api.catch_up(strong).await?;
    let row = api.reader.order(id).await?.ok_or(QueryError::NoSuchOrder(id))?;
    let tag = EntityTag::of(&row);
    if tag.is_known_to(&headers) {
        return Ok(answer::not_modified(&tag));
    }
    Ok(answer::order(&row, &tag))
}

fn order_id(text: Option<&str>) -> Result<OrderId, QueryError> {
    text.filter(|text| text.len() == ID_LENGTH)
        .and_then(|text| Uuid::try_parse(text).ok())
        .map(OrderId)
        .ok_or_else(|| {
            let form = "expected a UUID, such as 0199f6f2-8e5c-7c3a-9d1e-3f0f3f6f2a11";
            QueryError::parameter("id", form)
        })
}
