//! What became of a command, as far as its client is concerned.

use std::sync::Arc;

use order_domain::event::Outcome as FirstOutcome;
use order_domain::{Decision, Event, Offset, RejectionReason, TradingEvent};

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The purchase is taken, by this command or by an earlier one that it repeats.
    Accepted,
    /// The purchase breaks a rule.
    Rejected { reason: RejectionReason, detail: Option<String> },
    /// What a market decided. The first event says what became of the command.
    Market(Arc<[TradingEvent]>),
    /// The engine could not read the command: it lies in `orders-dlt` until a person mends it.
    DeadLettered,
}

impl Outcome {
    pub(crate) fn of(decision: Decision) -> Option<Self> {
        let mut events = decision.events.into_iter();
        events.next().map(|first| match first {
            Event::OrderAccepted(_) => Self::Accepted,
            Event::OrderRejected(event) => {
                Self::Rejected { reason: event.reason, detail: Some(event.detail) }
            }
            Event::NewOrderRepeated(event) => match event.outcome {
                FirstOutcome::Accepted => Self::Accepted,
                FirstOutcome::Rejected { reason } => Self::Rejected { reason, detail: None },
            },
            Event::NewOrderConflicted(_) => {
                Self::Rejected { reason: RejectionReason::IdempotencyKeyReused, detail: None }
            }
            Event::Trading(first) => {
                Self::Market(std::iter::once(first).chain(events.filter_map(of_market)).collect())
            }
            Event::CommandDeadLettered(_) => Self::DeadLettered,
        })
    }

    /// The command that this one repeats, where the outcome says only that it does.
    pub(crate) fn repeats(&self) -> Option<Offset> {
        match self {
            Self::Market(events) => match events.first() {
                Some(TradingEvent::CommandRepeated(repeated)) => Some(repeated.first),
                _ => None,
            },
            _ => None,
        }
    }
}

fn of_market(event: Event) -> Option<TradingEvent> {
    match event {
        Event::Trading(event) => Some(event),
        _ => None,
    }
}
