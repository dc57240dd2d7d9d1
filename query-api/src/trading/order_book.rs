//! `GET /api/v3/orderbook/{symbol}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use order_store::trading::DEPTH_LEVELS_MAX;
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::named::symbol_of;
use super::view::book::{LEVEL_BYTES, OrderBookView};
use crate::answer;
use crate::api::QueryApi;
use crate::described::{Failures, StrongReadHeaders};
use crate::error::QueryError;
use crate::strong_read::StrongRead;

const DEPTH: &str = "depth";

/// How many levels a side has where the client does not say.
const DEPTH_LEVELS_DEFAULT: u32 = 50;

/// An instrument's book
///
/// Its best levels, buys and sells: the open orders at each price, all together.
#[utoipa::path(
    get,
    path = "/api/v3/orderbook/{symbol}",
    operation_id = "getOrderBook",
    tag = "trading",
    params(
        ("symbol" = String, Path, description = "The instrument's name.", example = "BTC-EUR"),
        ("depth" = Option<u32>, Query, description = "How many levels a side has, at most: 1 to 1000. 50 where it is not given.", minimum = 1, maximum = 1000, example = 50),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "The book.", body = OrderBookView),
        (status = 404, description = "The market has no such instrument.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn order_book(
    State(api): State<QueryApi>,
    symbol: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let symbol = symbol_of(symbol)?;
    let parameters = Parameters::read(query.as_deref(), &[DEPTH])?;
    let levels = parameters.count(DEPTH, DEPTH_LEVELS_MAX)?;
    api.catch_up(strong).await?;
    let depth = api.market.depth(&symbol, levels.unwrap_or(DEPTH_LEVELS_DEFAULT)).await?;
    let Some(depth) = depth else { return Err(QueryError::NoSuchInstrument(symbol)) };
    let capacity = LEVEL_BYTES * (depth.bids.len() + depth.asks.len() + 1);
    Ok(answer::json(&OrderBookView::new(&symbol, &depth), capacity))
}
