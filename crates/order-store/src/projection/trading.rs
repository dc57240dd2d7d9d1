//! Markets: what a decision changes.

use order_domain::trading::event::{CancelledBy, OrderAccepted, OrderRejected, OrderState};
use order_domain::trading::{OrderKind, OrderStatus};
use order_domain::{Decimal, Decision, Event, OrderId, TradingEvent};

use crate::trading::{
    InstrumentState, MarketChange, OrderChange, OrderProgress, PlacedOrder, Refusal,
};

/// Why a decision about a market can't be projected. No engine makes such a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitDecision {
    /// Its first event doesn't say on which market it was made.
    #[error("a decision about a market begins with an event that doesn't name the market")]
    NoMarket,
    /// It tells of an order twice, with a version missing in between.
    #[error("the events about order {0} are not told in the order of its versions")]
    VersionMissing(OrderId),
    /// It tells that an order was cancelled, but not what became of it.
    #[error("order {0} was cancelled, and nothing is told of what it came to")]
    NoOutcome(OrderId),
}

/// What `decision` changes of a market; `None` where it is about none.
pub fn market_change(decision: &Decision) -> Result<Option<MarketChange>, UnfitDecision> {
    let Some(Event::Trading(first)) = decision.events.first() else { return Ok(None) };
    let venue = first.venue().ok_or(UnfitDecision::NoMarket)?.clone();
    let mut reading = Reading {
        change: MarketChange {
            venue,
            source: decision.source,
            at: decision.at,
            listed: Vec::new(),
            states: Vec::new(),
            opened: Vec::new(),
            orders: Vec::new(),
            trades: Vec::new(),
            balances: Vec::new(),
        },
        cancelled: Vec::new(),
    };
    for event in &decision.events {
        if let Event::Trading(event) = event {
            reading.follow(event)?;
        }
    }
    reading.finish().map(Some)
}

/// A decision that is being read, event by event.
struct Reading {
    change: MarketChange,
    /// Who cancelled which orders: told before the events that say what they came to.
    cancelled: Vec<(OrderId, CancelledBy)>,
}

impl Reading {
    fn follow(&mut self, event: &TradingEvent) -> Result<(), UnfitDecision> {
        let change = &mut self.change;
        match event {
            TradingEvent::InstrumentListed(event) => change.listed.push(event.instrument.clone()),
            TradingEvent::InstrumentHalted(event) => {
                change.states.push((event.symbol.clone(), InstrumentState::Halted));
            }
            TradingEvent::InstrumentResumed(event) => {
                change.states.push((event.symbol.clone(), InstrumentState::Trading));
            }
            TradingEvent::AccountOpened(event) => change.opened.push(event.account.clone()),
            TradingEvent::BalanceChanged(event) => change.balances.push(event.clone()),
            TradingEvent::TradeExecuted(event) => change.trades.push(event.clone()),
            TradingEvent::OrderAccepted(event) => change.orders.push(accepted(event)),
            TradingEvent::OrderRejected(event) => change.orders.push(rejected(event)),
            TradingEvent::OrderUpdated(event) => {
                self.progressed(event.order_id, open(&event.state, None))?;
            }
            TradingEvent::OrderAmended(event) => {
                self.progressed(event.order_id, open(&event.state, Some(event.price)))?;
            }
            TradingEvent::OrderClosed(event) => {
                self.progressed(event.order_id, progress(&event.state, event.status, None))?;
            }
            TradingEvent::OrderCancelled(event) => {
                self.cancelled.push((event.order_id, event.by));
            }
            // The market's time moves, and nothing else.
            TradingEvent::CommandTaken(_)
            | TradingEvent::CommandRefused(_)
            | TradingEvent::CommandRepeated(_)
            | TradingEvent::CommandConflicted(_) => {}
        }
        Ok(())
    }

    fn progressed(&mut self, id: OrderId, now: OrderProgress) -> Result<(), UnfitDecision> {
        let before = now.version.checked_sub(1).ok_or(UnfitDecision::VersionMissing(id))?;
        match self.order(id) {
            Some(order) if order.progress.version == before => {
                order.progress = order.progress.then(now);
            }
            Some(_) => return Err(UnfitDecision::VersionMissing(id)),
            None => self.change.orders.push(OrderChange {
                order_id: id,
                placed: None,
                version_before: before,
                progress: now,
            }),
        }
        Ok(())
    }

    /// What was told of an order so far. Mostly, events about one order stand together.
    fn order(&mut self, id: OrderId) -> Option<&mut OrderChange> {
        self.change.orders.iter_mut().rev().find(|order| order.order_id == id)
    }

    fn finish(mut self) -> Result<MarketChange, UnfitDecision> {
        for (id, by) in std::mem::take(&mut self.cancelled) {
            let order = self.order(id).ok_or(UnfitDecision::NoOutcome(id))?;
            order.progress.cancelled_by = Some(by);
        }
        Ok(self.change)
    }
}

fn accepted(event: &OrderAccepted) -> OrderChange {
    OrderChange {
        order_id: event.order_id,
        placed: Some(PlacedOrder { terms: event.terms.clone(), refusal: None }),
        version_before: 0,
        progress: OrderProgress {
            version: 1,
            status: OrderStatus::New,
            price: event.price,
            executed: Decimal::ZERO,
            remaining: event.terms.quantity,
            executed_value: Decimal::ZERO,
            cancelled_by: None,
        },
    }
}

fn rejected(event: &OrderRejected) -> OrderChange {
    let price = match event.terms.kind {
        OrderKind::Limit { price, .. } => Some(price),
        OrderKind::Market { .. } => None,
    };
    let refusal = Refusal { reason: event.reason, detail: event.detail.clone() };
    OrderChange {
        order_id: event.order_id,
        placed: Some(PlacedOrder { terms: event.terms.clone(), refusal: Some(refusal) }),
        version_before: 0,
        progress: OrderProgress {
            version: 1,
            status: OrderStatus::Rejected,
            price,
            executed: Decimal::ZERO,
            remaining: Decimal::ZERO,
            executed_value: Decimal::ZERO,
            cancelled_by: None,
        },
    }
}

/// An order that goes on.
fn open(state: &OrderState, price: Option<Decimal>) -> OrderProgress {
    let untouched = state.executed == Decimal::ZERO;
    let status = if untouched { OrderStatus::New } else { OrderStatus::PartiallyFilled };
    progress(state, status, price)
}

const fn progress(
    state: &OrderState,
    status: OrderStatus,
    price: Option<Decimal>,
) -> OrderProgress {
    OrderProgress {
        version: state.version,
        status,
        price,
        executed: state.executed,
        remaining: state.remaining,
        executed_value: state.executed_value,
        cancelled_by: None,
    }
}

#[cfg(test)]
mod tests {
    use order_domain::trading::event::{
        CommandTaken, OrderAmended, OrderCancelled, OrderClosed, OrderUpdated,
    };
    use order_domain::trading::{CommandId, OrderStatus};
    use order_domain::{Fingerprint, Offset, Partition, Position, Timestamp, VenueId};
    use uuid::Uuid;

    use super::*;
    use crate::trading::MarketChange;

    const ORDER: OrderId = OrderId(Uuid::nil());

    fn taken() -> TradingEvent {
        TradingEvent::CommandTaken(CommandTaken {
            venue: VenueId::new("market/main").unwrap(),
            command_id: CommandId(Uuid::max()),
            fingerprint: Fingerprint([0; 16]),
        })
    }

    fn state(version: u64, executed: i64, remaining: i64) -> OrderState {
        let of = |number| Decimal::new(number, 0).unwrap();
        let (executed, remaining) = (of(executed), of(remaining));
        OrderState { version, executed, remaining, executed_value: executed }
    }

    fn updated(state: OrderState) -> TradingEvent {
        TradingEvent::OrderUpdated(OrderUpdated { order_id: ORDER, state })
    }

    fn amended(price: i64, state: OrderState) -> TradingEvent {
        let price = Decimal::new(price, 0).unwrap();
        TradingEvent::OrderAmended(OrderAmended { order_id: ORDER, price, state, kept_place: true })
    }

    fn closed(status: OrderStatus, state: OrderState) -> TradingEvent {
        TradingEvent::OrderClosed(OrderClosed { order_id: ORDER, status, state })
    }

    fn cancelled(by: CancelledBy) -> TradingEvent {
        let quantity = Decimal::new(1, 0).unwrap();
        TradingEvent::OrderCancelled(OrderCancelled { order_id: ORDER, quantity, by })
    }

    fn read(
        events: impl IntoIterator<Item = TradingEvent>,
    ) -> Result<Option<MarketChange>, UnfitDecision> {
        let source = Position::new(Partition(0), Offset(7));
        let events = events.into_iter().map(Event::Trading).collect();
        market_change(&Decision { source, at: Timestamp(1), events })
    }

    fn progress_after(events: impl IntoIterator<Item = TradingEvent>) -> (u64, OrderProgress) {
        let change = read([taken()].into_iter().chain(events)).unwrap().unwrap();
        let [order] = &change.orders[..] else { panic!("one order: {change:?}") };
        (order.version_before, order.progress)
    }

    #[test]
    fn several_events_about_an_order_are_one_change() {
        let (before, progress) = progress_after([
            amended(99, state(4, 1, 5)),
            cancelled(CancelledBy::SelfTrade),
            updated(state(5, 3, 2)),
        ]);
        assert_eq!(before, 3);
        assert_eq!((progress.version, progress.status), (5, OrderStatus::PartiallyFilled));
        assert_eq!(progress.price, Decimal::new(99, 0).ok());
        assert_eq!(progress.cancelled_by, Some(CancelledBy::SelfTrade));
        assert_eq!(progress.remaining, Decimal::new(2, 0).unwrap());
    }

    #[test]
    fn an_order_of_which_nothing_is_executed_stays_new() {
        let (_, progress) =
            progress_after([cancelled(CancelledBy::SelfTrade), updated(state(2, 0, 3))]);
        assert_eq!(progress.status, OrderStatus::New);
        let (_, progress) = progress_after([amended(9, state(2, 0, 3))]);
        assert_eq!(progress.status, OrderStatus::New);
    }

    #[test]
    fn the_last_canceller_stands() {
        let (_, progress) = progress_after([
            cancelled(CancelledBy::SelfTrade),
            cancelled(CancelledBy::TimeInForce),
            closed(OrderStatus::Cancelled, state(2, 0, 0)),
        ]);
        assert_eq!(progress.cancelled_by, Some(CancelledBy::TimeInForce));
        assert_eq!(progress.status, OrderStatus::Cancelled);
    }

    #[test]
    fn what_no_engine_decides_is_refused_in_words() {
        let skipped = [taken(), updated(state(2, 1, 2)), updated(state(4, 2, 1))];
        for (events, expected) in [
            (vec![updated(state(2, 1, 2))], UnfitDecision::NoMarket),
            (skipped.to_vec(), UnfitDecision::VersionMissing(ORDER)),
            (vec![taken(), updated(state(0, 1, 2))], UnfitDecision::VersionMissing(ORDER)),
            (vec![taken(), cancelled(CancelledBy::Member)], UnfitDecision::NoOutcome(ORDER)),
        ] {
            assert_eq!(read(events), Err(expected));
        }
    }
}
