//! How one order came to be what it was: the events about it, in their order.

use event_log::topics::ORDER_EVENTS;
use event_log::{BatchLimit, EventLog, LogError};
use order_domain::trading::OrderStatus;
use order_domain::{Decision, Event, Offset, OrderId, Position, Timestamp, TradingEvent};

use crate::engine::restore::Restored;

/// How much is read at once.
const READ: BatchLimit = BatchLimit { records: 2_000, bytes: 8 << 20 };

/// An order, as far as its story had come.
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) status: &'static str,
    pub(super) chapters: Vec<Chapter>,
}

/// What one command did to the order.
pub(super) struct Chapter {
    pub(super) source: Position,
    pub(super) at: Timestamp,
    pub(super) events: Vec<Event>,
}

/// The story of an order that was placed at `source` or later, up to the end of `restored`; `None`
/// where it was never placed.
///
/// Every command has a decision, so that on `source` stands no earlier in `order-events` than
/// `source` stands in `orders`.
pub(super) async fn story(
    log: &dyn EventLog,
    restored: &Restored,
    source: Offset,
    id: OrderId,
) -> Result<Option<Order>, LogError> {
    let partition = restored.engine.partition();
    let ends = log.ends(&ORDER_EVENTS, partition).await?;
    let mut next = source.max(ends.first);
    let end = restored.events_next.min(ends.next);
    let mut order = Order { id, status: "", chapters: Vec::new() };
    if next >= end {
        return Ok(None);
    }
    let mut next_source = source;
    let mut reader = log.read(&ORDER_EVENTS, partition, next).await?;
    while next < end {
        for record in reader.next(READ).await? {
            next = record.position.offset.next();
            if !record.stands_as_expected() {
                continue;
            }
            let Ok(decision) = Decision::from_json(&record.payload) else { continue };
            if next <= end && decision.source.offset >= next_source {
                next_source = decision.source.offset.next();
                order.take(decision);
            }
        }
    }
    // One that was only asked for, by a cancel that was refused, was never placed.
    Ok((!order.status.is_empty()).then_some(order))
}

impl Order {
    fn take(&mut self, decision: Decision) {
        let Decision { source, at, events } = decision;
        let events: Vec<_> = events.into_iter().filter(|event| is_about(event, self.id)).collect();
        if events.is_empty() {
            return;
        }
        for event in &events {
            self.status = status_after(event).unwrap_or(self.status);
        }
        self.chapters.push(Chapter { source, at, events });
    }
}

fn is_about(event: &Event, id: OrderId) -> bool {
    match event {
        Event::Trading(TradingEvent::TradeExecuted(trade)) => {
            trade.maker.order_id == id || trade.taker.order_id == id
        }
        event => event.order_id() == Some(id),
    }
}

/// Where the order stands after the event; `None` where that is where it stood.
fn status_after(event: &Event) -> Option<&'static str> {
    let status = match event {
        Event::OrderAccepted(_) => return Some("accepted"),
        Event::OrderRejected(_) => return Some("rejected"),
        Event::Trading(TradingEvent::OrderAccepted(_)) => OrderStatus::New,
        Event::Trading(TradingEvent::OrderRejected(_)) => OrderStatus::Rejected,
        Event::Trading(TradingEvent::OrderClosed(closed)) => closed.status,
        Event::Trading(TradingEvent::OrderUpdated(updated)) => open(updated.state.executed),
        Event::Trading(TradingEvent::OrderAmended(amended)) => open(amended.state.executed),
        _ => return None,
    };
    Some(status.name())
}

fn open(executed: order_domain::Decimal) -> OrderStatus {
    if executed.is_zero() { OrderStatus::New } else { OrderStatus::PartiallyFilled }
}
