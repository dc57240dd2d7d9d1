//! `POST /api/v3/accounts/{id}/deposits`

use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use order_domain::trading::{Request, command};
use service_kit::Problem;
use service_kit::parameters::PathText;
use service_kit::problem::ProblemBody;

use super::described::{BodyFailures, Durable, Failures, WriteHeaders};
use super::funds::Funds;
use super::path;
use super::submit::{counted, read, submit};
use super::view::Receipt;
use crate::Intake;
use crate::wishes::Wishes;

/// Add to what an account has available
///
/// Send an `Idempotency-Key`: without one, a request that is sent twice is done twice.
#[utoipa::path(
    post,
    path = "/api/v3/accounts/{id}/deposits",
    operation_id = "deposit",
    tag = "trading",
    request_body = Funds,
    params(
        ("id" = String, Path, description = "The account's name.", example = "ada"),
        WriteHeaders,
    ),
    responses(
        (status = 200, description = "Paid in (only with `Prefer: wait`).", body = Receipt),
        (status = 404, description = "No such account is open.",
            body = ProblemBody, content_type = "application/problem+json"),
        Durable,
        Failures,
        BodyFailures,
    ),
)]
pub(super) async fn deposit(
    State(intake): State<Arc<Intake>>,
    id: PathText,
    request: HttpRequest,
) -> Result<Response, Problem> {
    counted(async {
        let account = path::account(id)?;
        let (head, body) = request.into_parts();
        let wishes = Wishes::read_with_json(&intake, &head.headers)?;
        let (Funds { asset, amount }, place) = read(&intake, body).await?;
        let deposit = command::Deposit { account, asset, amount, if_first: false };
        submit(&intake, wishes, Request::Deposit(deposit), place).await
    })
    .await
}
