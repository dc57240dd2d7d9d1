//! What a shop gets back.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use order_domain::{OrderId, RejectionReason};
use serde::Serialize;
use service_kit::Problem;
use service_kit::problem::types;
use utoipa::ToSchema;

use crate::intake::{Submitted, key_reused};
use crate::outcome::Outcome;

/// Where the command stands: `<partition>:<offset>`. A read that sends it back sees the write.
pub(super) const SERIATIM_POSITION: HeaderName = HeaderName::from_static("seriatim-position");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

const ORDERS_PATH: &str = "/api/Orders/";

/// The order is durable.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderReceipt<'a> {
    /// The order's id.
    #[schema(value_type = uuid::Uuid)]
    order_id: &'a str,
    /// How far the order has come.
    status: Status,
    /// Where its command stands in the log: `<partition>:<offset>`.
    #[schema(value_type = String, example = "3:1042")]
    position: &'a str,
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

/// 201 for an accepted order, 422 for a rejected one, 202 for one whose outcome is not known.
pub(super) fn answer(submitted: &Submitted) -> Response {
    let mut response = match &submitted.outcome {
        None => receipt(StatusCode::ACCEPTED, Status::AcceptedForProcessing, submitted),
        Some(Outcome::Accepted) => receipt(StatusCode::CREATED, Status::Accepted, submitted),
        Some(Outcome::DeadLettered) => {
            receipt(StatusCode::ACCEPTED, Status::DeadLettered, submitted)
        }
        Some(Outcome::Rejected { reason, detail }) => {
            let position = submitted.position.to_string();
            let mut response = rejected(*reason, detail.as_deref())
                .with("reason", reason.code())
                .with("orderId", submitted.order_id.to_string())
                .with("position", position.as_str())
                .into_response();
            let location = location(submitted.order_id);
            response.headers_mut().insert(LOCATION, visible(location));
            response.headers_mut().insert(SERIATIM_POSITION, visible(position));
            response
        }
    };
    if let Some(waited) = submitted.waited {
        let applied = visible(format!("wait={}", waited.as_secs()));
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    response
}

fn receipt(code: StatusCode, status: Status, submitted: &Submitted) -> Response {
    let location = location(submitted.order_id);
    let position = submitted.position.to_string();
    let receipt =
        OrderReceipt { order_id: &location[ORDERS_PATH.len()..], status, position: &position };
    let body = serde_json::to_vec(&receipt).expect("texts are written without fail");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(LOCATION, visible(location));
    headers.insert(SERIATIM_POSITION, visible(position));
    response
}

/// Where an order can be read.
fn location(order_id: OrderId) -> String {
    format!("{ORDERS_PATH}{order_id}")
}

fn rejected(reason: RejectionReason, detail: Option<&str>) -> Problem {
    if reason == RejectionReason::IdempotencyKeyReused {
        return key_reused();
    }
    let detail = detail.unwrap_or("An earlier command with the same key was rejected.");
    Problem::new(&types::ORDER_REJECTED).detail(detail)
}

fn visible(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("ids, positions and numbers are visible ASCII")
}
