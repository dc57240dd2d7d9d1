//! A command as it goes to the log.

use bytes::Bytes;
use event_log::{Headers, NewRecord};
use order_domain::{
    Command, CustomerId, Fingerprint, IdempotencyKey, NewOrder, OrderId, TraceParent,
};
use uuid::Uuid;

/// `CloudEvents` attributes that are the same for every command (binary mode of the Kafka protocol
/// binding, CloudEvents 1.0.2).
const SPEC_VERSION: Bytes = Bytes::from_static(b"1.0");
const SOURCE: Bytes = Bytes::from_static(b"/order-producer-api");
const NEW_ORDER: Bytes = Bytes::from_static(b"seriatim.NewOrder");
const JSON: Bytes = Bytes::from_static(b"application/json");

/// A command that is ready to be appended.
pub(crate) struct Submission {
    pub(crate) order_id: OrderId,
    /// Of the content, where the client sent an idempotency key.
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) record: NewRecord,
}

impl From<NewOrder> for Submission {
    fn from(order: NewOrder) -> Self {
        Self {
            order_id: order.order_id,
            fingerprint: order.idempotency_key.as_ref().map(|_| Fingerprint::of(&order)),
            record: record_of(order),
        }
    }
}

/// The id of a new order: made from customer and key, so that every copy of this program makes the
/// same one, or a `UUIDv7` where there is no key.
pub(crate) fn new_order_id(customer: CustomerId, key: Option<&IdempotencyKey>) -> OrderId {
    key.map_or_else(|| OrderId(Uuid::now_v7()), |key| OrderId::from_idempotency_key(customer, key))
}

fn record_of(order: NewOrder) -> NewRecord {
    let order_id = Bytes::from(order.order_id.to_string());
    // Two commands of one order are two events: they share the subject, not the id.
    let command_id = match &order.idempotency_key {
        Some(_) => Bytes::from(Uuid::now_v7().to_string()),
        None => order_id.clone(),
    };
    let mut headers = Headers::with_capacity(7);
    headers.push("ce_specversion", SPEC_VERSION);
    headers.push("ce_id", command_id);
    headers.push("ce_source", SOURCE);
    headers.push("ce_type", NEW_ORDER);
    headers.push("ce_subject", order_id);
    headers.push("content-type", JSON);
    if let Some(trace) = order.trace_parent.as_ref().map(TraceParent::as_str) {
        headers.push("traceparent", trace.to_owned());
    }
    let key = Bytes::from(order.venue.as_str().to_owned());
    NewRecord { key, payload: Command::NewOrder(order).to_json().into(), headers }
}
