//! What the paths share, for the OpenAPI document. Nothing here is ever built.

use service_kit::problem::ProblemBody;
use utoipa::{IntoParams, IntoResponses};

/// The request headers of a strong read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) struct StrongReadHeaders {
    /// The position that a write answered with: the read waits until it sees that write.
    #[param(rename = "Seriatim-Position", example = "3:1042")]
    position: Option<String>,
    /// `wait=<seconds>` shortens that wait (RFC 7240).
    #[param(rename = "Prefer", example = "wait=1")]
    prefer: Option<String>,
}

/// Which part of a list is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) struct PageParameters {
    /// How many rows a page has, at most. 50 where it is not given.
    #[param(minimum = 1, maximum = 500, example = 50)]
    limit: Option<u32>,
    /// The `next` of the page before. Its meaning is the service's own.
    after: Option<String>,
}

/// Why a read has no result.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum Failures {
    /// A parameter or header is malformed, or there is no such parameter. The problem names it.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemBody),
    /// The position names a partition that does not exist (`partitions` says how many there are).
    #[response(status = 422, content_type = "application/problem+json")]
    NoSuchPartition(ProblemBody),
    /// The store is away, too many reads are waiting, or the projection has not reached the wanted
    /// position (then the problem has `partition`, `wanted`, `projected` and `lag`).
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = u64, description = "Seconds."))
    )]
    Unavailable(ProblemBody),
}
