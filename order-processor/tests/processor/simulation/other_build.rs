//! An engine with other rules: where a purchase is asked for it rejects that, and it can read nothing else.

use event_log::Record;
use order_domain::event::{CommandDeadLettered, OrderRejected};
use order_domain::{Command, Decision, Event, Fingerprint, RejectionReason};

/// What it says of everything.
const BECAUSE: &str = "another build has other rules";

/// Its decision on a record of `orders`.
pub fn otherwise(record: &Record) -> Decision {
    let event = match Command::from_json(&record.payload) {
        Ok(Command::NewOrder(order)) => Event::OrderRejected(OrderRejected {
            fingerprint: Fingerprint::of(&order),
            order,
            reason: RejectionReason::NoItems,
            detail: BECAUSE.to_owned(),
        }),
        _ => Event::CommandDeadLettered(CommandDeadLettered { cause: BECAUSE.to_owned() }),
    };
    Decision { source: record.position, at: record.timestamp, events: vec![event] }
}

/// Whether it was this engine that decided so.
pub fn is_otherwise(decision: &Decision) -> bool {
    match &decision.events[..] {
        [Event::OrderRejected(event)] => event.detail == BECAUSE,
        [Event::CommandDeadLettered(event)] => event.cause == BECAUSE,
        _ => false,
    }
}

/// How many commands are decided: sources have no gap.
pub fn decided(order_events: &[Record]) -> usize {
    let standing = order_events.iter().filter(|record| record.stands_as_expected());
    let decisions = standing.filter_map(|record| Decision::from_json(&record.payload).ok());
    decisions
        .map(|decision| decision.source.offset.0 + 1)
        .max()
        .map_or(0, |next| usize::try_from(next).expect("an index"))
}
