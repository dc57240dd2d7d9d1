//! Commands as the HTTP requests that bring them about.

use jiff::Timestamp;
use order_domain::{Command, IdempotencyKey, TraceParent, VenueId};
use serde::Serialize;
use traffic_archive::{Body, Exchange};

use super::{purchase, trading};

/// The request that makes `command`, sent at `at`; `None` where no request does: a market's seed asks for
/// things in a way of its own.
pub fn to_request(command: &Command, at: Timestamp) -> Option<Exchange> {
    match command {
        Command::NewOrder(order) => Some(purchase::to_request(order, at)),
        Command::Trading(command) => trading::to_request(command, at),
    }
}

/// A request without a body. What stays in order is what one venue decides.
pub(super) fn request(
    at: Timestamp,
    method: &str,
    path: impl Into<String>,
    venue: &VenueId,
) -> Exchange {
    let mut request = Exchange::new(at, method, path);
    venue.as_str().clone_into(&mut request.key);
    request
}

/// Adds what a client may send with every write.
pub(super) fn set_wishes(
    request: &mut Exchange,
    key: Option<&IdempotencyKey>,
    trace: Option<&TraceParent>,
) {
    let key = key.map(|key| ("idempotency-key", key.as_str()));
    let trace = trace.map(|trace| ("traceparent", trace.as_str()));
    let wishes = [key, trace].into_iter().flatten();
    request.headers.extend(wishes.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// Adds a body.
pub(super) fn set_json(request: &mut Exchange, body: &impl Serialize) {
    request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    request.body = Body::from(serde_json::to_string(body).expect("it is plain data"));
}
