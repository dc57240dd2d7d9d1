//! `DELETE /api/v3/orders`

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use order_domain::trading::{AccountId, Request, Symbol, command};
use service_kit::Problem;
use service_kit::parameters::{ParameterError, Parameters};

use super::described::{Durable, Failures, WriteHeaders};
use super::submit::{counted, submit};
use super::view::CancelledOrders;
use crate::Intake;
use crate::wishes::Wishes;

const ACCOUNT: &str = "account";
const SYMBOL: &str = "symbol";

/// Cancel the open orders of an account
///
/// At most 500 at once, the oldest first; `more` in the answer says whether there may be others.
#[utoipa::path(
    delete,
    path = "/api/v3/orders",
    operation_id = "cancelMarketOrders",
    tag = "trading",
    params(
        ("account" = String, Query, description = "Whose orders.", example = "ada"),
        ("symbol" = Option<String>, Query, description = "Only those of this instrument.", example = "BTC-EUR"),
        WriteHeaders,
    ),
    responses(
        (status = 200, description = "Cancelled (only with `Prefer: wait`).", body = CancelledOrders),
        Durable,
        Failures,
    ),
)]
pub(super) async fn cancel_orders(
    State(intake): State<Arc<Intake>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    counted(async {
        let parameters = Parameters::read(query.as_deref(), &[ACCOUNT, SYMBOL])?;
        let account = parameters.value(ACCOUNT, |text| AccountId::new(text))?;
        let account = account.ok_or_else(|| ParameterError::new(ACCOUNT, "whose orders?"))?;
        let symbol = parameters.value(SYMBOL, |text| Symbol::new(text))?;
        let wishes = Wishes::read(&intake, &headers)?;
        let place = intake.enter().await?;
        let all = command::CancelAll { account, symbol };
        submit(&intake, wishes, Request::CancelAll(all), place).await
    })
    .await
}
