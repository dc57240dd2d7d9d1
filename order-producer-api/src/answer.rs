//! What every answer to a write has.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use crate::prefer::Wait;

/// Where the command stands: `<partition>:<offset>`. A read that sends it back sees the write.
const SERIATIM_POSITION: HeaderName = HeaderName::from_static("seriatim-position");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// An answer with `body` as JSON.
pub(crate) fn json(code: StatusCode, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("texts and numbers are written without fail");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Says where to read what was written, and where its command stands.
pub(crate) fn locate(response: &mut Response, location: String, position: String) {
    let headers = response.headers_mut();
    headers.insert(LOCATION, visible(location));
    headers.insert(SERIATIM_POSITION, visible(position));
}

/// Says how long the request would have waited, where it asked for that (RFC 7240, section 3).
pub(crate) fn note_wait(response: &mut Response, waited: Option<Wait>) {
    if let Some(Wait { longest, asked: true }) = waited {
        let applied = visible(format!("wait={}", longest.as_secs()));
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
}

pub(crate) fn visible(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("ids, positions and numbers are visible ASCII")
}
