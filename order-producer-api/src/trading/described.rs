//! What the paths of the dialect share, for the OpenAPI document. Nothing here is ever built.

use service_kit::problem::ProblemBody;
use utoipa::{IntoParams, IntoResponses};

use super::view::Receipt;

/// The request headers of every write.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct WriteHeaders {
    /// 1 to 255 visible ASCII characters. The same key with the same request is the same command,
    /// however often it is sent; with another request it is refused. Keys belong to the account that the
    /// request names; requests that name none share theirs.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
    /// `wait=<seconds>`: answer with the outcome if it is known within that time.
    #[param(rename = "Prefer", example = "wait=2")]
    prefer: Option<String>,
    /// W3C Trace Context; carried on with the command.
    traceparent: Option<String>,
}

/// The request header of a change to an order.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct Condition {
    /// The `ETag` of the order as the client knows it: 412 where it has moved on. Such a request waits
    /// for its outcome as long as may be, unless `Prefer` says otherwise; where the outcome is not known in
    /// time, it is a 202.
    #[param(rename = "If-Match", example = "\"2\"")]
    if_match: Option<String>,
}

/// The command is durable, and more is not known.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum Durable<'a> {
    /// Durable; the outcome is not known yet.
    #[response(
        status = 202,
        headers(
            ("Location" = String, description = "Where to read what was written."),
            ("Seriatim-Position" = String, description = "Send it with a read to see this write."),
        )
    )]
    Accepted(Receipt<'a>),
}

/// Why a write became no command, or was refused.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum Failures {
    /// A malformed header, parameter or JSON (`line`, `column`).
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemBody),
    /// A missing or wrong field (`pointer`), a reused idempotency key, or, where the outcome is known, a
    /// rule that was broken (`reason`).
    #[response(status = 422, content_type = "application/problem+json")]
    Refused(ProblemBody),
    /// Overloaded, or the log is away.
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = u64, description = "Seconds until it is worth another try."))
    )]
    Unavailable(ProblemBody),
}

/// What else can be wrong with a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) enum BodyFailures {
    /// The body came too slowly.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(ProblemBody),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not announced as JSON in UTF-8.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
}
