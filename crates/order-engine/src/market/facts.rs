//! What a decision says, in the order in which it happened.

use order_domain::{Event, TradingEvent};

/// The events of a decision on their way.
#[derive(Debug)]
pub(super) struct Facts(Vec<Event>);

impl Facts {
    /// Most decisions have no more: taken, accepted, and a balance.
    const USUAL: usize = 4;

    pub(super) fn begin(first: TradingEvent) -> Self {
        let mut facts = Self(Vec::with_capacity(Self::USUAL));
        facts.push(first);
        facts
    }

    pub(super) fn push(&mut self, event: TradingEvent) {
        self.0.push(Event::Trading(event));
    }

    pub(super) fn into_events(self) -> Vec<Event> {
        self.0
    }
}
