//! `GET /api/v3/trades/{symbol}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use order_store::trading::TradePage;
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::named::symbol_of;
use super::view::trade::{TRADE_BYTES, TradePageView};
use crate::answer;
use crate::api::QueryApi;
use crate::cursor::{self, InvalidCursor};
use crate::described::{Failures, PageParameters, StrongReadHeaders};
use crate::each::Each;
use crate::error::QueryError;
use crate::parameters::{AFTER, LIMIT, limit};
use crate::strong_read::StrongRead;

/// An instrument's trades, newest first
///
/// In pages: follow `Link`, or send `next` as `after`. Trades that happen meanwhile come before the first
/// page, so no page repeats or leaves out a trade. Who traded is told to nobody here; an account finds its
/// own trades under its name.
#[utoipa::path(
    get,
    path = "/api/v3/trades/{symbol}",
    operation_id = "listTrades",
    tag = "trading",
    params(
        ("symbol" = String, Path, description = "The instrument's name.", example = "BTC-EUR"),
        PageParameters,
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "A page.", body = TradePageView, headers(("Link" = String, description = "The next page, `rel=\"next\"` (RFC 8288). None on the last one."))),
        (status = 404, description = "The market has no such instrument.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn trades(
    State(api): State<QueryApi>,
    symbol: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let symbol = symbol_of(symbol)?;
    let parameters = Parameters::read(query.as_deref(), &[LIMIT, AFTER])?;
    let (limit, after) = (limit(&parameters)?, parameters.value(AFTER, number)?);
    api.catch_up(strong).await?;
    let Some(trades) = api.market.trades(&symbol, TradePage { limit, after }).await? else {
        return Err(QueryError::NoSuchInstrument(symbol));
    };
    let next = cursor::last_of(&trades, limit, |trade| trade.number.to_string());
    let uri = next
        .as_ref()
        .map(|next| parameters.uri_with(&format!("/api/v3/trades/{symbol}"), AFTER, next));
    let view = TradePageView { symbol: symbol.as_str(), trades: Each::of(&trades), next };
    Ok(answer::page(&view, TRADE_BYTES * (trades.len() + 1), uri))
}

/// The number of the last trade of an earlier page, of those that a store can hold.
fn number(text: &str) -> Result<u64, InvalidCursor> {
    let number: Result<u64, _> = text.parse();
    number.ok().filter(|&number| i64::try_from(number).is_ok()).ok_or(InvalidCursor)
}
