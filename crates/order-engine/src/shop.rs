//! A shop, or one shard of it: takes purchases.

use std::num::NonZeroU32;

use order_domain::event::{
    NewOrderConflicted, NewOrderRepeated, OrderAccepted, OrderRejected, Outcome,
};
use order_domain::{Event, Fingerprint, NewOrder, Offset, OrderId};

use crate::decided::Decided;
use crate::purchase_rules::broken_rule;
use crate::recent_window::RecentWindow;

/// The state of one shop: which orders came lately, and what became of them.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) window: RecentWindow<Decided<Outcome>>,
}

impl Shop {
    pub(crate) const fn new(window_orders: NonZeroU32) -> Self {
        Self { window: RecentWindow::new(window_orders) }
    }

    pub(crate) fn placed_at(&self, order_id: OrderId) -> Option<Offset> {
        self.window.get(order_id.0).map(|decided| decided.first)
    }

    /// Decides a purchase.
    pub(crate) fn decide(&self, order: NewOrder) -> Event {
        match self.window.get(order.order_id.0) {
            Some(first) => decide_again(&order, first),
            None => Self::decide_first(order),
        }
    }

    /// Decides a purchase whose id the shop has not seen.
    pub(crate) fn decide_first(order: NewOrder) -> Event {
        let fingerprint = Fingerprint::of(&order);
        match broken_rule(&order) {
            None => Event::OrderAccepted(OrderAccepted { order, fingerprint }),
            Some((reason, detail)) => {
                Event::OrderRejected(OrderRejected { order, fingerprint, reason, detail })
            }
        }
    }

    pub(crate) fn evolve(&mut self, source: Offset, event: &Event) {
        let (order, fingerprint, outcome) = match event {
            Event::OrderAccepted(event) => (&event.order, event.fingerprint, Outcome::Accepted),
            Event::OrderRejected(event) => {
                (&event.order, event.fingerprint, Outcome::Rejected { reason: event.reason })
            }
            _ => return,
        };
        self.window.remember(order.order_id.0, Decided { fingerprint, first: source, outcome });
    }
}

fn decide_again(order: &NewOrder, first: &Decided<Outcome>) -> Event {
    let order_id = order.order_id;
    if Fingerprint::of(order) == first.fingerprint {
        let outcome = first.outcome;
        Event::NewOrderRepeated(NewOrderRepeated { order_id, first: first.first, outcome })
    } else {
        Event::NewOrderConflicted(NewOrderConflicted { order_id, first: first.first })
    }
}
