//! `GET /api/v3/instruments`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use service_kit::parameters::Parameters;

use super::view::instrument::{INSTRUMENT_BYTES, InstrumentsView};
use crate::answer;
use crate::api::QueryApi;
use crate::described::{Failures, StrongReadHeaders};
use crate::each::Each;
use crate::error::QueryError;
use crate::strong_read::StrongRead;

/// The market's instruments, by name
///
/// All of them in one answer: a market has a bounded number.
#[utoipa::path(
    get,
    path = "/api/v3/instruments",
    operation_id = "getInstruments",
    tag = "trading",
    params(StrongReadHeaders),
    responses(
        (status = 200, description = "The instruments.", body = InstrumentsView),
        Failures,
    ),
)]
pub(crate) async fn instruments(
    State(api): State<QueryApi>,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    Parameters::read(query.as_deref(), &[])?;
    api.catch_up(strong).await?;
    let instruments = api.market.instruments().await?;
    let view = InstrumentsView { instruments: Each::of(&instruments) };
    Ok(answer::json(&view, INSTRUMENT_BYTES * (instruments.len() + 1)))
}
