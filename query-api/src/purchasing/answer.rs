//! Rows as HTTP answers.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use order_store::OrderRow;
use serde::Serialize;

use super::cursor::CursorText;
use super::entity_tag::EntityTag;
use super::parameters::ListParameters;
use super::view::{OrderView, OrdersView, PageView};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Orders are somebody's own and change: no cache may show one without asking again.
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// About how many bytes of JSON an order takes.
const ORDER_BYTES: usize = 1_024;

/// 200 with one order.
pub(crate) fn order(row: &OrderRow, tag: &EntityTag) -> Response {
    let mut response = json(&OrderView::from(row), ORDER_BYTES);
    response.headers_mut().insert(ETAG, tag.header());
    response
}

/// 304: the client has this state of the order.
///
/// The body is empty but does not say so: a `Content-Length` here would be that of the 200. Source:
/// RFC 9110, section 8.6.
pub(crate) fn not_modified(tag: &EntityTag) -> Response {
    let headers = [(ETAG, tag.header()), (CACHE_CONTROL, REVALIDATE)];
    let body = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
    (StatusCode::NOT_MODIFIED, headers, body).into_response()
}

/// 200 with a page of orders at `path`, and a link to the next one if there may be one.
pub(crate) fn page(rows: &[OrderRow], path: &str, parameters: &ListParameters) -> Response {
    let full = rows.len() >= parameters.page.limit as usize;
    let next = rows.last().filter(|_| full).map(OrderRow::cursor);
    let page = PageView { orders: OrdersView(rows), next: next.map(CursorText) };
    let mut response = json(&page, ORDER_BYTES * (rows.len() + 1));
    if let Some(next) = next {
        let link = format!("<{path}?{}>; rel=\"next\"", parameters.query_of_next(next));
        let link = HeaderValue::try_from(link).expect("paths and queries are written in ASCII");
        response.headers_mut().insert(LINK, link);
    }
    response
}

fn json(value: &impl Serialize, capacity: usize) -> Response {
    let mut body = Vec::with_capacity(capacity);
    serde_json::to_writer(&mut body, value).expect("views are JSON, and a Vec grows");
    ([(CONTENT_TYPE, JSON), (CACHE_CONTROL, REVALIDATE)], body).into_response()
}
