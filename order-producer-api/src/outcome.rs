//! What became of a command, as far as its client is concerned.

use order_domain::event::Outcome as FirstOutcome;
use order_domain::{Decision, Event, RejectionReason};

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The order is taken, by this command or by an earlier one that it repeats.
    Accepted,
    /// The order breaks a rule.
    Rejected { reason: RejectionReason, detail: Option<String> },
    /// The engine could not read the command: it lies in `orders-dlt` until a person mends it.
    DeadLettered,
}

impl Outcome {
    pub(crate) fn of(decision: Decision) -> Option<Self> {
        decision.events.into_iter().next().map(|event| match event {
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
            // The command is a purchase, and no market decides those.
            Event::CommandDeadLettered(_) | Event::Trading(_) => Self::DeadLettered,
        })
    }
}
