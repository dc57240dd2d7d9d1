//! From a request that was understood to its answer.

use std::future::Future;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;
use order_domain::trading::{CommandId, Request};
use order_domain::{IdempotencyKey, TraceParent, TradingCommand};
use serde::de::DeserializeOwned;
use service_kit::Problem;
use tokio::sync::SemaphorePermit;
use tracing::{Instrument as _, debug_span};
use uuid::Uuid;

use super::answer::answer;
use super::if_match::IfMatch;
use super::subject::Subject;
use crate::Intake;
use crate::intake::Submitted;
use crate::json::{self, Object};
use crate::meters::{self, Dialect};
use crate::wishes::Wishes;

/// Does a request's work, and counts it where it became no command.
pub(super) async fn counted(
    work: impl Future<Output = Result<Response, Problem>>,
) -> Result<Response, Problem> {
    work.await.inspect_err(|problem| meters::count_refused(Dialect::Trading, problem.kind()))
}

/// The JSON object that a request brings, and a place among the requests at work. The place is taken
/// only once the body is here: a client that sends slowly must not hold one.
pub(super) async fn read<T: DeserializeOwned>(
    intake: &Intake,
    body: Body,
) -> Result<(T, SemaphorePermit<'_>), Problem> {
    let body = intake.read_body(body).await?;
    let place = intake.enter().await?;
    let Object(read) = json::read::<Object<T>>(&body)?;
    Ok((read, place))
}

/// The wishes of a request that may name a version of its order. One that does can't be answered well
/// without its outcome, so it waits, unless it says otherwise.
pub(super) fn conditional(
    intake: &Intake,
    wishes: Wishes,
    headers: &HeaderMap,
) -> Result<(Wishes, Option<IfMatch>), Problem> {
    let if_match = IfMatch::read(headers)?;
    let wait = match if_match {
        Some(_) => intake.wait_by_default(headers),
        None => wishes.wait,
    };
    Ok((Wishes { wait, ..wishes }, if_match))
}

/// Asks the market, and answers.
pub(super) async fn submit(
    intake: &Intake,
    wishes: Wishes,
    request: Request,
    place: SemaphorePermit<'_>,
) -> Result<Response, Problem> {
    let command_id = command_id(&request, wishes.idempotency_key.as_ref());
    let subject = Subject::of(&request, command_id);
    let submitted = append(intake, wishes, command_id, request, place).await?;
    Ok(answer(&subject, &submitted))
}

/// Asks the market.
pub(super) async fn append(
    intake: &Intake,
    wishes: Wishes,
    command_id: CommandId,
    request: Request,
    place: SemaphorePermit<'_>,
) -> Result<Submitted, Problem> {
    let Wishes { idempotency_key, trace_parent, wait } = wishes;
    let trace_id = trace_parent.as_ref().map(TraceParent::trace_id);
    let span = debug_span!("ask_market", request = request.type_name(), %command_id, trace_id);
    let venue = intake.market().clone();
    let command = TradingCommand { command_id, venue, idempotency_key, trace_parent, request };
    intake.submit(command.into(), wait, place).instrument(span).await
}

/// The command's id: made from the key, and the account where the request names one, so that every copy
/// of this program makes the same one; a `UUIDv7` where there is no key.
fn command_id(request: &Request, key: Option<&IdempotencyKey>) -> CommandId {
    match (key, request.account()) {
        (None, _) => CommandId(Uuid::now_v7()),
        (Some(key), Some(account)) => CommandId::from_idempotency_key(account, key),
        (Some(key), None) => CommandId::from_idempotency_key_of_the_market(key),
    }
}
