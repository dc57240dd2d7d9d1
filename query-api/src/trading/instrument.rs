//! `GET /api/v3/instruments/{symbol}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::named::symbol_of;
use super::view::instrument::{INSTRUMENT_BYTES, InstrumentWithStatisticsView};
use crate::answer;
use crate::api::QueryApi;
use crate::described::{Failures, StrongReadHeaders};
use crate::error::QueryError;
use crate::strong_read::StrongRead;

/// One instrument
///
/// Its terms, whether it takes orders, and what it did, all time.
#[utoipa::path(
    get,
    path = "/api/v3/instruments/{symbol}",
    operation_id = "getInstrument",
    tag = "trading",
    params(
        ("symbol" = String, Path, description = "The instrument's name.", example = "BTC-EUR"),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "The instrument.", body = InstrumentWithStatisticsView),
        (status = 404, description = "The market has no such instrument.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn instrument(
    State(api): State<QueryApi>,
    symbol: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let symbol = symbol_of(symbol)?;
    Parameters::read(query.as_deref(), &[])?;
    api.catch_up(strong).await?;
    let Some(statistics) = api.market.instrument_statistics(&symbol).await? else {
        return Err(QueryError::NoSuchInstrument(symbol));
    };
    // Instruments are few, and the store tells the terms of all at once.
    let instruments = api.market.instruments().await?;
    let Some(instrument) = instruments.iter().find(|known| known.terms.symbol == symbol) else {
        return Err(QueryError::NoSuchInstrument(symbol));
    };
    let view = InstrumentWithStatisticsView::new(instrument, &statistics);
    Ok(answer::json(&view, 2 * INSTRUMENT_BYTES))
}
