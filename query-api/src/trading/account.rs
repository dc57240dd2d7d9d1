//! `GET /api/v3/accounts/{id}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use service_kit::parameters::{Parameters, PathText};
use service_kit::problem::ProblemBody;

use super::named::account_of;
use super::view::account::{AccountView, LINE_BYTES};
use crate::answer;
use crate::api::QueryApi;
use crate::described::{Failures, StrongReadHeaders};
use crate::error::QueryError;
use crate::strong_read::StrongRead;

/// One account
///
/// Its balances, and what it did on each instrument. The two are read one after the other: where the
/// account trades meanwhile, the statistics may be one trade ahead of the balances.
#[utoipa::path(
    get,
    path = "/api/v3/accounts/{id}",
    operation_id = "getAccount",
    tag = "trading",
    params(
        ("id" = String, Path, description = "The account's name.", example = "ada"),
        StrongReadHeaders,
    ),
    responses(
        (status = 200, description = "The account.", body = AccountView),
        (status = 404, description = "The market has no such account, or not yet.", body = ProblemBody, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn account(
    State(api): State<QueryApi>,
    id: PathText,
    RawQuery(query): RawQuery,
    strong: StrongRead,
) -> Result<Response, QueryError> {
    let name = account_of(id)?;
    Parameters::read(query.as_deref(), &[])?;
    api.catch_up(strong).await?;
    let Some(account) = api.market.account(&name).await? else {
        return Err(QueryError::NoSuchAccount(name));
    };
    let statistics = api.market.account_statistics(&name).await?.unwrap_or_default();
    let lines = account.balances.len() + statistics.len() + 1;
    Ok(answer::json(&AccountView::new(&account, &statistics), LINE_BYTES * lines))
}
