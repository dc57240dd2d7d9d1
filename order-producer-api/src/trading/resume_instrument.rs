//! `POST /api/v3/instruments/{symbol}/resume`

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

/// Take orders for an instrument again
///
/// Resuming one that takes orders changes nothing.
#[utoipa::path(
    post,
    path = "/api/v3/instruments/{symbol}/resume",
    operation_id = "resumeInstrument",
    tag = "trading",
    params(
        ("symbol" = String, Path, description = "Which instrument.", example = "BTC-EUR"),
        WriteHeaders,
    ),
    responses(
        (status = 200, description = "Resumed (only with `Prefer: wait`).", body = Receipt),
        (status = 404, description = "No such instrument is listed.",
            body = ProblemBody, content_type = "application/problem+json"),
        Durable,
        Failures,
    ),
)]
pub(super) async fn resume_instrument(
    State(intake): State<Arc<Intake>>,
    symbol: PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    counted(async {
        let symbol = path::symbol(symbol)?;
        let wishes = Wishes::read(&intake, &headers)?;
        let place = intake.enter().await?;
        let resume = command::ResumeInstrument { symbol };
        submit(&intake, wishes, Request::ResumeInstrument(resume), place).await
    })
    .await
}
