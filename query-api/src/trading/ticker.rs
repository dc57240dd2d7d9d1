//! `GET /api/v3/ticker/{symbol}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::named::symbol_of;
use super::view::figures::{FIGURES_BYTES, TickerView};
use crate::answer;
use crate::api::QueryApi;
use crate::described::{Failures, StrongReadHeaders};
use crate::error::QueryError;
use crate::strong_read::StrongRead;

/// An instrument in figures
///
/// Its last price, what it did in 24 hours, and its best prices. Time is the log's: the 24 hours end with
/// the market's newest decision, so a market that sleeps keeps its figures.
#[utoipa::path(
    get,
    path = "/api/v3/ticker/{symbol}",
    operation_id = "getTicker",
    tag = "trading",
    params(
        ("symbol" = String, Path, description = "The instrument's name.", example = "BTC-EUR"),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "The figures.", body = TickerView),
        (status = 404, description = "The market has no such instrument.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn ticker(
    State(api): State<QueryApi>,
    symbol: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let symbol = symbol_of(symbol)?;
    Parameters::read(query.as_deref(), &[])?;
    api.catch_up(strong).await?;
    let Some(ticker) = api.market.ticker(&symbol).await? else {
        return Err(QueryError::NoSuchInstrument(symbol));
    };
    Ok(answer::json(&TickerView::new(&symbol, &ticker), FIGURES_BYTES))
}
