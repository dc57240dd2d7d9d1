//! `GET /api/Orders`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use order_domain::{CustomerId, RejectionReason};
use order_store::{OrderFilter, OrderStatus};
use service_kit::parameters::{ParameterError, Parameters};

use super::view::{self, PageView};
use crate::api::QueryApi;
use crate::described::{Failures, PageParameters, StrongReadHeaders};
use crate::error::QueryError;
use crate::parameters::{AFTER, LIMIT, STATUS, one_of, page};
use crate::strong_read::StrongRead;

const PATH: &str = "/api/Orders";

const CUSTOMER_ID: &str = "customerId";

const STATUSES: [&str; 2] =
    [OrderStatus::Accepted.name(), OrderStatus::Rejected(RejectionReason::NoItems).name()];

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
    let parameters = Parameters::read(query.as_deref(), &[LIMIT, AFTER, STATUS, CUSTOMER_ID])?;
    let (filter, page) = (filter(&parameters)?, page(&parameters)?);
    api.catch_up(strong).await?;
    let rows = api.reader.orders(filter, page).await?;
    Ok(view::page(&rows, page, PATH, &parameters))
}

fn filter(parameters: &Parameters<'_>) -> Result<OrderFilter, ParameterError> {
    let status = |text: &str| one_of(text, &STATUSES, |status| status);
    let customer =
        |text: &str| text.parse().map(CustomerId).map_err(|_| "expected a customer's number");
    Ok(OrderFilter {
        status: parameters.value(STATUS, status)?,
        customer: parameters.value(CUSTOMER_ID, customer)?,
    })
}
