//! Why a market refused, as an answer.

use axum::response::{IntoResponse as _, Response};
use order_domain::trading::RefusalReason;
use service_kit::Problem;

use super::subject::Subject;
use crate::answer::locate;
use crate::intake::{Submitted, key_reused};

/// Where an earlier command with the same key was refused, and no more is known of it.
const REFUSED_BEFORE: &str = "An earlier request with the same key was refused for this reason.";

/// The problem of a request that breaks a rule; `detail` has the rule in words.
pub(super) fn refused(
    subject: &Subject,
    submitted: &Submitted,
    reason: RefusalReason,
    detail: Option<&str>,
) -> Response {
    let problem = Problem::new(subject.problem_of(reason)).detail(detail.unwrap_or(REFUSED_BEFORE));
    respond(subject, submitted, problem, reason)
}

/// The problem of a request whose key came before with another one.
pub(super) fn conflicted(subject: &Subject, submitted: &Submitted) -> Response {
    respond(subject, submitted, key_reused(), RefusalReason::IdempotencyKeyReused)
}

fn respond(
    subject: &Subject,
    submitted: &Submitted,
    problem: Problem,
    reason: RefusalReason,
) -> Response {
    let position = submitted.position.to_string();
    let mut problem = problem
        .with("reason", reason.code())
        .with("commandId", submitted.command_id.to_string())
        .with("position", position.as_str());
    if let Some(order_id) = subject.order_id() {
        problem = problem.with("orderId", order_id.to_string());
    }
    let mut response = problem.into_response();
    locate(&mut response, subject.location(), position);
    response
}
