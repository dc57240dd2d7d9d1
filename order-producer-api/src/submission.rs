//! A command as it goes to the log.

use bytes::Bytes;
use event_log::{Headers, NewRecord};
use order_domain::trading::CommandId;
use order_domain::{
    Command, CustomerId, Fingerprint, IdempotencyKey, NewOrder, OrderId, TraceParent,
    TradingCommand,
};
use uuid::Uuid;

use crate::meters::Dialect;

/// `CloudEvents` attributes that are the same for every command (binary mode of the Kafka protocol
/// binding, CloudEvents 1.0.2).
const SPEC_VERSION: Bytes = Bytes::from_static(b"1.0");
const SOURCE: Bytes = Bytes::from_static(b"/order-producer-api");
const NEW_ORDER: Bytes = Bytes::from_static(b"seriatim.NewOrder");
const JSON: Bytes = Bytes::from_static(b"application/json");

/// A command that is ready to be appended.
pub(crate) struct Submission {
    pub(crate) about: About,
    /// Of the content, where the client sent an idempotency key.
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) record: NewRecord,
}

/// Which command it is.
#[derive(Clone, Copy)]
pub(crate) struct About {
    pub(crate) dialect: Dialect,
    pub(crate) command_id: CommandId,
    /// The order that it is about, if it is about one.
    pub(crate) order_id: Option<OrderId>,
}

impl From<NewOrder> for Submission {
    fn from(order: NewOrder) -> Self {
        let fingerprint = order.idempotency_key.as_ref().map(|_| Fingerprint::of(&order));
        Self::new(Dialect::Purchasing, NEW_ORDER, fingerprint, &Command::NewOrder(order))
    }
}

impl From<TradingCommand> for Submission {
    fn from(command: TradingCommand) -> Self {
        let kind = Bytes::from(format!("seriatim.{}", command.request.type_name()));
        let fingerprint = command.idempotency_key.as_ref().map(|_| command.fingerprint());
        Self::new(Dialect::Trading, kind, fingerprint, &Command::Trading(command))
    }
}

impl Submission {
    fn new(
        dialect: Dialect,
        kind: Bytes,
        fingerprint: Option<Fingerprint>,
        command: &Command,
    ) -> Self {
        let (command_id, order_id) = (command.command_id(), command.order_id());
        let about = About { dialect, command_id, order_id };
        let trace = match command {
            Command::NewOrder(order) => order.trace_parent.as_ref(),
            Command::Trading(command) => command.trace_parent.as_ref(),
        };
        let headers = headers(about, kind, fingerprint.is_some(), trace);
        let key = Bytes::from(command.venue().as_str().to_owned());
        let record = NewRecord { key, payload: command.to_json().into(), headers };
        Self { about, fingerprint, record }
    }
}

/// The id of a new order: made from customer and key, so that every copy of this program makes the
/// same one, or a `UUIDv7` where there is no key.
pub(crate) fn new_order_id(customer: CustomerId, key: Option<&IdempotencyKey>) -> OrderId {
    key.map_or_else(|| OrderId(Uuid::now_v7()), |key| OrderId::from_idempotency_key(customer, key))
}

fn headers(about: About, kind: Bytes, keyed: bool, trace: Option<&TraceParent>) -> Headers {
    let subject = about.order_id.map(|order_id| Bytes::from(order_id.to_string()));
    let places_it = about.order_id.is_some_and(|order_id| order_id.0 == about.command_id.0);
    let id = match &subject {
        // The same command sent twice is two events: they share the subject, not the id.
        _ if keyed => Bytes::from(Uuid::now_v7().to_string()),
        Some(subject) if places_it => subject.clone(),
        _ => Bytes::from(about.command_id.to_string()),
    };
    let mut headers = Headers::with_capacity(7);
    headers.push("ce_specversion", SPEC_VERSION);
    headers.push("ce_id", id);
    headers.push("ce_source", SOURCE);
    headers.push("ce_type", kind);
    if let Some(subject) = subject {
        headers.push("ce_subject", subject);
    }
    headers.push("content-type", JSON);
    if let Some(trace) = trace {
        headers.push("traceparent", trace.as_str().to_owned());
    }
    headers
}
