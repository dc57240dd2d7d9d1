//! `POST /api/v3/instruments/{symbol}/halt`

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use order_domain::trading::{Request, command};
use service_kit::Problem;
use service_kit::parameters::PathText;
use service_kit::problem::ProblemBody;

use super::described::{Durable, Failures, WriteHeaders};
use super::path;
use super::submit::{counted, submit};
use super::view::Receipt;
use crate::Intake;
use crate::wishes::Wishes;

/// Take no orders and amendments for an instrument
///
/// Cancelling goes on. Halting one that is halted changes nothing.
#[utoipa::path(
    post,
    path = "/api/v3/instruments/{symbol}/halt",
    operation_id = "haltInstrument",
    tag = "trading",
    params(
        ("symbol" = String, Path, description = "Which instrument.", example = "BTC-EUR"),
        WriteHeaders,
    ),
    responses(
        (status = 200, description = "Halted (only with `Prefer: wait`).", body = Receipt),
        (status = 404, description = "No such instrument is listed.",
            body = ProblemBody, content_type = "application/problem+json"),
        Durable,
        Failures,
    ),
)]
pub(super) async fn halt_instrument(
    State(intake): State<Arc<Intake>>,
    symbol: PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    counted(async {
        let symbol = path::symbol(symbol)?;
        let wishes = Wishes::read(&intake, &headers)?;
        let place = intake.enter().await?;
        let halt = command::HaltInstrument { symbol };
        submit(&intake, wishes, Request::HaltInstrument(halt), place).await
    })
    .await
}
