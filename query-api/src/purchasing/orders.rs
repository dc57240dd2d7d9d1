//! `GET /api/Orders`

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::answer;
use super::described::{Failures, PageParameters, StrongReadHeaders};
use super::parameters::ListParameters;
use super::view::PageView;
use crate::api::QueryApi;
use crate::error::QueryError;
use crate::strong_read::StrongRead;

const PATH: &str = "/api/Orders";

/// Orders, newest first
///
/// In pages: follow `Link`, or send `next` as `after`. Orders that are placed meanwhile come before
/// the first page, so no page repeats or leaves out an order. A parameter that is not listed here is
/// an error.
#[utoipa::path(
    get,
    path = "/api/Orders",
    operation_id = "listOrders",
    tag = "purchasing",
    params(
        PageParameters,
        ("status" = Option<String>, Query, description = "Only orders of this status: `accepted` or `rejected`."),
        ("customerId" = Option<u64>, Query, description = "Only orders of this customer."),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "A page.", body = PageView, headers(("Link" = String, description = "The next page, `rel=\"next\"` (RFC 8288). None on the last one."))),
        Failures,
    ),
)]
pub(crate) async fn orders(
    State(api): State<QueryApi>,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let parameters = ListParameters::of_orders(query.as_deref())?;
    api.catch_up(strong).await?;
    let rows = api.reader.orders(parameters.filter, parameters.page).await?;
    Ok(answer::page(&rows, PATH, &parameters))
}
