//! HTTP answers of reads, the same in every dialect.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use crate::entity_tag::EntityTag;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What is read is somebody's own, and changes: no cache may show it without asking again.
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// 200 with `view`, which takes about `capacity` bytes of JSON.
pub(crate) fn json(view: &impl Serialize, capacity: usize) -> Response {
    let mut body = Vec::with_capacity(capacity);
    serde_json::to_writer(&mut body, view).expect("views are JSON, and a Vec grows");
    ([(CONTENT_TYPE, JSON), (CACHE_CONTROL, REVALIDATE)], body).into_response()
}

/// 200 with one thing in the state that `tag` stands for, or 304 where `headers` say that the client
/// has it.
pub(crate) fn unless_known(
    headers: &HeaderMap,
    tag: &EntityTag,
    view: &impl Serialize,
    capacity: usize,
) -> Response {
    if tag.is_known_to(headers) {
        return not_modified(tag);
    }
    let mut response = json(view, capacity);
    response.headers_mut().insert(ETAG, tag.header());
    response
}

/// 200 with a page, and a link to the one behind it, if there may be one.
pub(crate) fn page(view: &impl Serialize, capacity: usize, next: Option<String>) -> Response {
    let mut response = json(view, capacity);
    if let Some(next) = next {
        let link = format!("<{next}>; rel=\"next\"");
        let link = HeaderValue::try_from(link).expect("paths and queries are written in ASCII");
        response.headers_mut().insert(LINK, link);
    }
    response
}

/// 304: the client has this state.
///
/// The body is empty but does not say so: a `Content-Length` here would be that of the 200. Source:
/// RFC 9110, section 8.6.
fn not_modified(tag: &EntityTag) -> Response {
    let headers = [(ETAG, tag.header()), (CACHE_CONTROL, REVALIDATE)];
    let body = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
    (StatusCode::NOT_MODIFIED, headers, body).into_response()
}
