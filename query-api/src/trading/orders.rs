//! `GET /api/v3/orders`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use order_domain::trading::{AccountId, OrderStatus, Symbol};
use order_store::trading::{MarketOrder, MarketOrderFilter};
use service_kit::parameters::{ParameterError, Parameters};

use super::named::{ACCOUNT, SYMBOL};
use super::view::order::{MarketOrderPage, ORDER_BYTES};
use crate::answer;
use crate::api::QueryApi;
use crate::cursor::{self, CursorText};
use crate::described::{Failures, PageParameters, StrongReadHeaders};
use crate::each::Each;
use crate::error::QueryError;
use crate::parameters::{AFTER, LIMIT, STATUS, one_of, page};
use crate::strong_read::StrongRead;

const PATH: &str = "/api/v3/orders";

/// Orders of the market, newest first
///
/// In pages: follow `Link`, or send `next` as `after`. Orders that are placed meanwhile come before the
/// first page, so no page repeats or leaves out an order; with `status`, one that changes meanwhile may
/// come in or fall out. A parameter that is not listed here is an error.
#[utoipa::path(
    get,
    path = "/api/v3/orders",
    operation_id = "listMarketOrders",
    tag = "trading",
    params(
        PageParameters,
        ("status" = Option<String>, Query, description = "Only orders that stand there: `new`, `partially-filled`, `executed`, `cancelled`, `closed` or `rejected`."),
        ("symbol" = Option<String>, Query, description = "Only orders of this instrument."),
        ("account" = Option<String>, Query, description = "Only orders of this account."),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "A page.", body = MarketOrderPage, headers(("Link" = String, description = "The next page, `rel=\"next\"` (RFC 8288). None on the last one."))),
        Failures,
    ),
)]
pub(crate) async fn orders(
    State(api): State<QueryApi>,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let parameters = Parameters::read(query.as_deref(), &[LIMIT, AFTER, STATUS, SYMBOL, ACCOUNT])?;
    let (filter, page) = (filter(&parameters)?, page(&parameters)?);
    api.catch_up(strong).await?;
    let orders = api.market.orders(&filter, page).await?;
    let next = cursor::last_of(&orders, page.limit, |order| CursorText(MarketOrder::cursor(order)));
    let view = MarketOrderPage { orders: Each::of(&orders), next };
    let next = next.map(|next| parameters.uri_with(PATH, AFTER, next));
    Ok(answer::page(&view, ORDER_BYTES * (orders.len() + 1), next))
}

fn filter(parameters: &Parameters<'_>) -> Result<MarketOrderFilter, ParameterError> {
    let status = |text: &str| one_of(text, &OrderStatus::ALL, OrderStatus::name);
    Ok(MarketOrderFilter {
        status: parameters.value(STATUS, status)?,
        symbol: parameters.value(SYMBOL, |text| Symbol::new(text))?,
        account: parameters.value(ACCOUNT, |text| AccountId::new(text))?,
    })
}
