//! Request headers that every dialect takes.

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use order_domain::{IdempotencyKey, TraceParent};
use service_kit::Problem;
use service_kit::problem::types;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The client's idempotency key. One that is sent twice, or is none, is refused: to ignore it would
/// risk the double order that it is there to prevent.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid_header(&IDEMPOTENCY_KEY, "The header may be sent once only."));
    }
    let key = value.to_str().map(IdempotencyKey::new);
    match key {
        Ok(Ok(key)) => Ok(Some(key)),
        _ => Err(invalid_header(
            &IDEMPOTENCY_KEY,
            "An idempotency key is 1 to 255 visible ASCII characters.",
        )),
    }
}

/// The trace that the request belongs to. One that is malformed or sent twice is ignored (W3C Trace
/// Context, section 4.3).
pub(crate) fn trace_parent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let value = values.next()?;
    let unique = values.next().is_none();
    TraceParent::new(value.to_str().ok()?).ok().filter(|_| unique)
}

/// Refuses a body that is not plain JSON.
pub(crate) fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let encoded = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if headers.get(CONTENT_TYPE).is_some_and(is_json) && !encoded {
        return Ok(());
    }
    Err(Problem::new(&types::UNSUPPORTED_MEDIA_TYPE)
        .detail("Send `Content-Type: application/json`, in UTF-8 and without a content encoding."))
}

fn is_json(value: &HeaderValue) -> bool {
    let mut parts = value.as_bytes().split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case(b"application/json") && parts.all(is_utf_8_or_no_charset)
}

/// JSON is UTF-8 and has no `charset` (RFC 8259, section 11); a client that names another one means
/// bytes that would be read wrong.
fn is_utf_8_or_no_charset(parameter: &[u8]) -> bool {
    let mut halves = parameter.splitn(2, |&byte| byte == b'=').map(<[u8]>::trim_ascii);
    let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
    !name.eq_ignore_ascii_case(b"charset")
        || value.eq_ignore_ascii_case(b"utf-8")
        || value.eq_ignore_ascii_case(b"utf8")
}

fn invalid_header(name: &HeaderName, detail: &str) -> Problem {
    Problem::new(&types::INVALID_HEADER).detail(detail).with("header", name.as_str())
}
