//! `DELETE /api/v3/order/{id}`

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use order_domain::trading::{AccountId, Request, command};
use service_kit::Problem;
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::described::{Condition, Durable, Failures, WriteHeaders};
use super::if_match::IfMatch;
use super::path;
use super::submit::{conditional, counted, submit};
use super::view::OrderAnswer;
use crate::Intake;
use crate::wishes::Wishes;

const ACCOUNT: &str = "account";

/// Cancel what is open of an order
///
/// One that was executed or cancelled before is refused with the reason `not-cancellable`, and what was
/// filled.
#[utoipa::path(
    delete,
    path = "/api/v3/order/{id}",
    operation_id = "cancelMarketOrder",
    tag = "trading",
    params(
        ("id" = uuid::Uuid, Path, description = "The order's id."),
        ("account" = Option<String>, Query, example = "ada", description = "Whose order it is: another \
            account's is left alone, as if there were none. Where nothing is said, anybody's is meant."),
        Condition,
        WriteHeaders,
    ),
    responses(
        (status = 200, description = "Cancelled (only with `If-Match` or `Prefer: wait`).", body = OrderAnswer,
            headers(("ETag" = String, description = "The order's version, in quotes."))),
        (status = 404, description = "No order of this id, or of this account, is known to the market.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The order is not at the version of `If-Match`.",
            body = ProblemBody, content_type = "application/problem+json"),
        Durable,
        Failures,
    ),
)]
pub(super) async fn cancel_order(
    State(intake): State<Arc<Intake>>,
    id: PathText,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    counted(async {
        let order_id = path::order_id(id)?;
        let parameters = Parameters::read(query.as_deref(), &[ACCOUNT])?;
        let account = parameters.value(ACCOUNT, |text| AccountId::new(text))?;
        let wishes = Wishes::read(&intake, &headers)?;
        let (wishes, if_match) = conditional(&intake, wishes, &headers)?;
        let if_version = if_match.and_then(IfMatch::version);
        let place = intake.enter().await?;
        let cancel = command::CancelOrder { order_id, account, if_version };
        submit(&intake, wishes, Request::CancelOrder(cancel), place).await
    })
    .await
}
