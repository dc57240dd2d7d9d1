//! What a shop gets back.

use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use order_domain::{OrderId, Position, RejectionReason};
use serde::{Serialize, Serializer};
use service_kit::Problem;
use utoipa::ToSchema;

use crate::intake::{Submitted, key_reused};
use crate::outcome::Outcome;

/// Where the command stands: `<partition>:<offset>`. A read that sends it back sees the write.
pub(super) const SERIATIM_POSITION: HeaderName = HeaderName::from_static("seriatim-position");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The order is durable.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderReceipt {
    /// The order's id.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// How far the order has come.
    status: Status,
    /// Where its command stands in the log: `<partition>:<offset>`.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "3:1042")]
    position: Position,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Status {
    /// Durable; not yet decided.
    AcceptedForProcessing,
    /// Taken: it keeps all rules.
    Accepted,
    /// Durable, but not readable for the engine: a person must mend it.
    DeadLettered,
}

fn as_text<S: Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(position)
}

/// 201 for an accepted order, 422 for a rejected one, 202 for one whose outcome is not known.
pub(super) fn answer(submitted: &Submitted) -> Response {
    let mut response = match &submitted.outcome {
        None => receipt(StatusCode::ACCEPTED, Status::AcceptedForProcessing, submitted),
        Some(Outcome::Accepted) => receipt(StatusCode::CREATED, Status::Accepted, submitted),
        Some(Outcome::DeadLettered) => {
            receipt(StatusCode::ACCEPTED, Status::DeadLettered, submitted)
        }
        Some(Outcome::Rejected { reason, detail }) => rejected(*reason, detail.as_deref())
            .with("reason", reason.code())
            .with("orderId", submitted.order_id.to_string())
            .with("position", submitted.position.to_string())
            .into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(SERIATIM_POSITION, visible(submitted.position.to_string()));
    if let Some(waited) = submitted.waited {
        headers.insert(PREFERENCE_APPLIED, visible(format!("wait={}", waited.as_secs())));
    }
    response
}

fn receipt(code: StatusCode, status: Status, submitted: &Submitted) -> Response {
    let &Submitted { order_id, position, .. } = submitted;
    let location = visible(format!("/api/Orders/{order_id}"));
    (code, [(LOCATION, location)], Json(OrderReceipt { order_id, status, position }))
        .into_response()
}

fn rejected(reason: RejectionReason, detail: Option<&str>) -> Problem {
    if reason == RejectionReason::IdempotencyKeyReused {
        return key_reused();
    }
    let problem =
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "order-rejected", "Order rejected");
    problem.detail(detail.unwrap_or("An earlier command with the same key was rejected."))
}

fn visible(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("ids, positions and numbers are visible ASCII")
}
