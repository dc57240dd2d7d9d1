//! `POST /api/Order`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use order_domain::{CustomerId, TraceParent};
use service_kit::Problem;
use service_kit::problem::ProblemBody;
use tracing::{Instrument as _, Span, debug_span};

use super::PlaceOrder;
use super::answer::{OrderReceipt, answer};
use super::translate::{Envelope, new_order};
use crate::Intake;
use crate::json::{self, Object};
use crate::meters::{self, Dialect};
use crate::prefer::Wait;
use crate::submission::{Submission, new_order_id};
use crate::wishes::Wishes;

/// Place an order.
///
/// It is answered as soon as the log has made the order durable. With `Prefer: wait=<seconds>` the
/// answer waits for the outcome.
#[utoipa::path(
    post,
    path = "/api/Order",
    tag = "purchasing",
    request_body = PlaceOrder,
    params(
        ("Idempotency-Key" = Option<String>, Header, description =
            "1 to 255 visible ASCII characters. The same key with the same body is the same order, \
             however often it is sent; with another body it is refused."),
        ("Prefer" = Option<String>, Header, description =
            "`wait=<seconds>`: answer with the outcome if it is known within that time."),
        ("traceparent" = Option<String>, Header, description =
            "W3C Trace Context; carried on with the order."),
    ),
    responses(
        (status = 201, description = "Accepted (only with `Prefer: wait`).", body = OrderReceipt,
            headers(("Location" = String, description = "Where to read the order."),
                ("Seriatim-Position" = String, description = "Send it with a read to see this write."),
                ("Preference-Applied" = String, description = "The wait that was honoured."))),
        (status = 202, description = "Durable; the outcome is not known yet.", body = OrderReceipt,
            headers(("Location" = String, description = "Where to read the order."),
                ("Seriatim-Position" = String, description = "Send it with a read to see this write."))),
        (status = 400, description = "Malformed JSON (`line`, `column`) or an invalid header.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not announced as JSON in UTF-8.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A missing or wrong field (`pointer`), a reused idempotency \
            key, or, with `Prefer: wait`, a rejected order (`reason`).",
            body = ProblemBody, content_type = "application/problem+json",
            headers(("Location" = String, description = "Where to read the rejected order."),
                ("Seriatim-Position" = String, description = "Send it with a read to see this write."))),
        (status = 503, description = "Overloaded, or the log is away.",
            body = ProblemBody, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds until it is worth another try."))),
    )
)]
pub(super) async fn place_order(
    State(intake): State<Arc<Intake>>,
    request: Request,
) -> Result<Response, Problem> {
    let placed = place(&intake, request).await;
    placed.inspect_err(|problem| meters::count_refused(Dialect::Purchasing, problem.kind()))
}

async fn place(intake: &Intake, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let wishes = Wishes::read_with_json(intake, &head.headers)?;
    // What is kept over the waiting below is kept for every request that waits.
    drop(head);

    // A place is taken only once the body is here: a client that sends slowly must not hold one.
    let body = intake.read_body(body).await?;
    let place = intake.enter().await?;
    let (wait, span, submission) = read(intake, wishes, &body)?;
    drop(body);
    let submitted = intake.submit(submission, wait, place).instrument(span).await?;
    Ok(answer(&submitted))
}

/// The command that a body asks for, and the span of its way.
fn read(
    intake: &Intake,
    wishes: Wishes,
    body: &[u8],
) -> Result<(Option<Wait>, Span, Submission), Problem> {
    let Object(request) = json::read::<Object<PlaceOrder>>(body)?;
    let Wishes { idempotency_key, trace_parent, wait } = wishes;
    let customer = CustomerId(request.customer_id);
    let order_id = new_order_id(customer, idempotency_key.as_ref());
    let trace_id = trace_parent.as_ref().map(TraceParent::trace_id);
    let span = debug_span!("place_order", %order_id, trace_id);
    let venue = intake.venue_of(customer);
    let envelope = Envelope { order_id, venue, idempotency_key, trace_parent };
    Ok((wait, span, new_order(request, envelope)?.into()))
}
