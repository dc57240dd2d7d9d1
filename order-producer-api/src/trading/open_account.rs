//! `POST /api/v3/accounts`

use std::sync::Arc;

use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use order_domain::trading::{AccountId, Request, command};
use serde::Deserialize;
use service_kit::Problem;
use utoipa::ToSchema;

use super::described::{BodyFailures, Durable, Failures, WriteHeaders};
use super::path::new_name;
use super::submit::{counted, read, submit};
use super::view::Receipt;
use crate::Intake;
use crate::wishes::Wishes;

/// An account to be opened. Other fields than these are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
pub(super) struct OpenAccount {
    /// Its name: 1 to 64 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`, but neither `.` nor `..`.
    #[serde(deserialize_with = "new_name")]
    #[schema(value_type = String, example = "ada")]
    account: AccountId,
}

/// Open an account
///
/// Opening it again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v3/accounts",
    operation_id = "openAccount",
    tag = "trading",
    request_body = OpenAccount,
    params(WriteHeaders),
    responses(
        (status = 200, description = "Opened (only with `Prefer: wait`).", body = Receipt),
        Durable,
        Failures,
        BodyFailures,
    ),
)]
pub(super) async fn open_account(
    State(intake): State<Arc<Intake>>,
    request: HttpRequest,
) -> Result<Response, Problem> {
    counted(async {
        let (head, body) = request.into_parts();
        let wishes = Wishes::read_with_json(&intake, &head.headers)?;
        let (OpenAccount { account }, place) = read(&intake, body).await?;
        let open = command::OpenAccount { account };
        submit(&intake, wishes, Request::OpenAccount(open), place).await
    })
    .await
}
