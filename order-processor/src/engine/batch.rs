//! Deciding a batch of commands: bytes in, bytes out, no I/O.

use bytes::Bytes;
use event_log::topics::ORDERS;
use event_log::{Headers, NewRecord, Record};
use order_domain::{Command, Decision, Offset};
use order_engine::Engine;
use tracing::warn;

use super::GROUP;
use crate::dead_letters::{PutAside, Told};

/// What a batch of commands came to.
pub(super) struct Decided {
    /// One record for `order-events` a command, in order.
    pub(super) decisions: Vec<NewRecord>,
    /// One record for `orders-dlt` a command that could not be read.
    pub(super) dead_letters: Vec<NewRecord>,
}

/// Decides `records` in order; the engine evolves through every decision. The first is to stand at
/// `events_next` of `order-events`, the others behind it: where another engine writes in between, perhaps
/// with other rules, none of them counts, because they were decided without what that one says.
pub(super) fn decide(engine: &mut Engine, events_next: Offset, records: Vec<Record>) -> Decided {
    let mut decisions = Vec::with_capacity(records.len());
    let mut dead_letters = Vec::new();
    for (expected, record) in (events_next.0..).map(Offset).zip(records) {
        let source = record.position.offset;
        let decision = match Command::from_json(&record.payload) {
            Ok(command) => engine.decide(source, record.timestamp, command),
            Err(error) => {
                let cause = error.to_string();
                dead_letters.push(dead_letter(&record, &cause));
                engine.dead_letter(source, record.timestamp, cause)
            }
        };
        engine.evolve(&decision);
        let decision = decision_record(&decision, record.key, &record.headers);
        decisions.push(decision.expected_at(expected));
    }
    Decided { decisions, dead_letters }
}

fn dead_letter(record: &Record, cause: &str) -> NewRecord {
    let told = Told::of(record);
    let (order_id, trace_id) = (told.order_id(), told.trace_id());
    warn!(position = %record.position, order_id, trace_id, cause, "a record is no command");
    PutAside {
        record,
        topic: &ORDERS,
        group: GROUP,
        failure: "seriatim.UndecodableCommand",
        cause,
        failed_at: record.timestamp,
    }
    .to_record()
}

/// The decision as a record: the command's key, `CloudEvents` attributes (binary content mode of the
/// Kafka protocol binding 1.0.2), and the command's trace.
fn decision_record(decision: &Decision, key: Bytes, command: &Headers) -> NewRecord {
    let source = decision.source;
    let mut headers = Headers::new()
        .with("ce_specversion", "1.0")
        .with("ce_type", "seriatim.Decision")
        .with("ce_source", "/order-processor")
        .with("ce_id", source.to_string());
    if let Some(order_id) = decision.events.first().and_then(order_domain::Event::order_id) {
        headers.push("ce_subject", order_id.to_string());
    }
    if let Some(trace) = command.get("traceparent") {
        headers.push("traceparent", trace.clone());
    }
    headers.push("content-type", "application/json");
    NewRecord { key, payload: decision.to_json().into(), headers }
}
