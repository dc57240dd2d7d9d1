//! What a shop gets back.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use order_domain::RejectionReason;
use serde::Serialize;
use service_kit::Problem;
use service_kit::problem::types;
use utoipa::ToSchema;

use crate::answer::{json, locate, note_wait};
use crate::intake::{Submitted, key_reused};
use crate::outcome::Outcome;

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
        // No market decides purchases.
        Some(Outcome::DeadLettered | Outcome::Market(_)) => {
            receipt(StatusCode::ACCEPTED, Status::DeadLettered, submitted)
        }
        Some(Outcome::Rejected { reason, detail }) => {
            let position = submitted.position.to_string();
            let mut response = rejected(*reason, detail.as_deref())
                .with("reason", reason.code())
                .with("orderId", submitted.command_id.to_string())
                .with("position", position.as_str())
                .into_response();
            locate(&mut response, location(submitted), position);
            response
        }
    };
    note_wait(&mut response, submitted.waited);
    response
}

fn receipt(code: StatusCode, status: Status, submitted: &Submitted) -> Response {
    let location = location(submitted);
    let position = submitted.position.to_string();
    let receipt =
        OrderReceipt { order_id: &location[ORDERS_PATH.len()..], status, position: &position };
    let mut response = json(code, &receipt);
    locate(&mut response, location, position);
    response
}

/// Where an order can be read: its id is that of the command that placed it.
fn location(submitted: &Submitted) -> String {
    format!("{ORDERS_PATH}{}", submitted.command_id)
}

fn rejected(reason: RejectionReason, detail: Option<&str>) -> Problem {
    if reason == RejectionReason::IdempotencyKeyReused {
        return key_reused();
    }
    let detail = detail.unwrap_or("An earlier command with the same key was rejected.");
    Problem::new(&types::ORDER_REJECTED).detail(detail)
}
