//! Every type of problem, in one table: what `type` says in an answer, and what `/problems/<kind>` says
//! of it.

use axum::http::StatusCode;

/// A type of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// What clients may rely on: it never changes its meaning.
    pub kind: &'static str,
    /// The HTTP status of its answers.
    pub status: StatusCode,
    /// What went wrong, in a few words.
    pub title: &'static str,
    /// What it means for the client, and what to do.
    pub meaning: &'static str,
}

macro_rules! problem_types {
    ($($name:ident, $kind:literal, $status:ident, $title:literal, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: ProblemType = ProblemType {
                kind: $kind,
                status: StatusCode::$status,
                title: $title,
                meaning: $meaning,
            };
        )*

        /// All of them.
        pub const ALL: &[&ProblemType] = &[$(&$name),*];
    };
}

problem_types! {
    // What was asked for.
    NOT_FOUND, "not-found", NOT_FOUND, "Not found",
        "Nothing is at this path. /docs lists the paths that there are.";
    METHOD_NOT_ALLOWED, "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed",
        "The path does not take this method. The header Allow lists those that it takes.";
    INVALID_PARAMETER, "invalid-parameter", BAD_REQUEST, "Invalid parameter",
        "A parameter of the path or the query string (`parameter`) has a value that it can't have.";
    UNKNOWN_PARAMETER, "unknown-parameter", BAD_REQUEST, "Unknown parameter",
        "The query string has a parameter (`parameter`) that is none of those which the path knows (`known`).";
    INVALID_HEADER, "invalid-header", BAD_REQUEST, "Invalid header",
        "A request header (`header`) has a value that it can't have, or was sent more than once.";
    NO_SUCH_PARTITION, "no-such-partition", UNPROCESSABLE_ENTITY, "No such partition",
        "The Seriatim-Position names a partition that the log does not have, so that no write can have answered with it. Waiting does not help.";
    ORDER_NOT_FOUND, "order-not-found", NOT_FOUND, "Order not found",
        "No order of this id can be read. One that was just placed can be read a moment later: send its Seriatim-Position to wait for it.";
    INSTRUMENT_NOT_FOUND, "instrument-not-found", NOT_FOUND, "Instrument not found",
        "The market has no instrument of this name. /api/v3/instruments lists those that it has.";
    ACCOUNT_NOT_FOUND, "account-not-found", NOT_FOUND, "Account not found",
        "The market has no account of this name. One that was just opened can be read a moment later: send its Seriatim-Position to wait for it.";

    TARGET_TOO_LONG, "target-too-long", URI_TOO_LONG, "Request target too long",
        "Path and query string together are longer than `bytesMax`.";
    HEADERS_TOO_LARGE, "headers-too-large", REQUEST_HEADER_FIELDS_TOO_LARGE, "Request headers too large",
        "The request's headers together take more than `bytesMax`.";

    // The body of a write.
    UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type",
        "The body is not announced as JSON in UTF-8 without a content encoding.";
    BODY_TOO_LARGE, "body-too-large", PAYLOAD_TOO_LARGE, "Body too large",
        "The body is larger than `bytesMax`.";
    BODY_BROKEN_OFF, "body-broken-off", BAD_REQUEST, "Body broken off",
        "The body ended before its announced end.";
    BODY_TOO_SLOW, "body-too-slow", REQUEST_TIMEOUT, "Body too slow",
        "The body did not arrive in time.";
    MALFORMED_JSON, "malformed-json", BAD_REQUEST, "Malformed JSON",
        "The body is no JSON; `line` and `column` say where.";
    INVALID_FIELD, "invalid-field", UNPROCESSABLE_ENTITY, "Invalid field",
        "A field is missing or has a value that it can't have; `pointer` (RFC 6901) says which.";
    IDEMPOTENCY_KEY_REUSED, "idempotency-key-reused", UNPROCESSABLE_ENTITY, "Idempotency key reused",
        "The Idempotency-Key came before, with another request. What came first stands; use another key for another request.";
    ORDER_REJECTED, "order-rejected", UNPROCESSABLE_ENTITY, "Order rejected",
        "The order is durable, but it breaks a rule (`reason`) and was rejected. It can be read at the Location.";
    COMMAND_REFUSED, "command-refused", UNPROCESSABLE_ENTITY, "Command refused",
        "What was asked of the market is durable, but it breaks a rule (`reason`) and changed nothing.";
    VERSION_MISMATCH, "version-mismatch", PRECONDITION_FAILED, "The order has moved on",
        "The order is not, or no longer, at the version that If-Match names, and was left as it is. Read it again and decide anew.";

    // For the moment.
    OVERLOADED, "overloaded", SERVICE_UNAVAILABLE, "Temporarily unavailable",
        "More is asked for than can be done. Send the request again after Retry-After, a write with the same Idempotency-Key.";
    LOG_UNAVAILABLE, "log-unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable",
        "The log does not take writes at the moment. What was sent may or may not have been taken: send it again after Retry-After, with the same Idempotency-Key.";
    STORE_UNAVAILABLE, "store-unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable",
        "The store can't be read at the moment. Ask again after Retry-After.";
    PROJECTION_BEHIND, "projection-behind", SERVICE_UNAVAILABLE, "Temporarily unavailable",
        "The projection had not reached the Seriatim-Position when the wait ran out; it is `lag` records behind. Ask again after Retry-After.";
    TOO_MANY_WAITING_READS, "too-many-waiting-reads", SERVICE_UNAVAILABLE, "Temporarily unavailable",
        "As many reads as may are waiting for their Seriatim-Position. Ask again after Retry-After.";
    ENGINE_NOT_RUNNING, "engine-not-running", SERVICE_UNAVAILABLE, "Temporarily unavailable",
        "An engine of the process has not begun, or has stopped. /readyz tells more.";
    ENGINE_BUSY, "engine-busy", SERVICE_UNAVAILABLE, "Temporarily unavailable",
        "An engine of the process was too busy to answer. Ask again after Retry-After.";
    INTERNAL, "internal", INTERNAL_SERVER_ERROR, "Internal error",
        "The service failed. The failure is logged under the x-request-id of the answer.";

    // A proxy: one that captures requests, or the front door of programs apart.
    NO_PATH, "no-path", BAD_REQUEST, "The request's target is no path",
        "A proxy that captures requests takes only such that begin with a path.";
    TARGET_UNREACHABLE, "target-unreachable", BAD_GATEWAY, "The target did not answer",
        "A proxy could not reach the service behind it. A write may or may not have been taken: send it again with the same Idempotency-Key.";
    TARGET_TIMEOUT, "target-timeout", GATEWAY_TIMEOUT, "The target did not answer in time",
        "A proxy waited too long for the service behind it. A write may or may not have been taken: send it again with the same Idempotency-Key.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_a_slug_of_its_own() {
        let kinds: BTreeSet<_> = ALL.iter().map(|known| known.kind).collect();
        assert_eq!(kinds.len(), ALL.len());
        let slug = |kind: &&str| kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(kinds.iter().all(slug), "{kinds:?}");
    }
}
