//! What a decision did with one order.

use order_domain::trading::event::{CancelledBy, OrderState};
use order_domain::trading::{OrderStatus, TradingEvent, average_price};
use order_domain::{Decimal, OrderId};

use super::view::Fill;

/// An order after a decision, and what the decision did with it.
pub(super) struct OrderOutcome {
    pub(super) order_id: OrderId,
    pub(super) status: OrderStatus,
    pub(super) state: OrderState,
    /// Its limit, where the decision tells it.
    pub(super) price: Option<Decimal>,
    /// Who or what cancelled it, or a part of it.
    pub(super) cancelled_by: Option<CancelledBy>,
    /// What it traded, in order.
    pub(super) fills: Vec<Fill>,
}

impl OrderOutcome {
    /// What the events of a decision say of an order; `None` where they say nothing.
    pub(super) fn of(order_id: OrderId, events: &[TradingEvent]) -> Option<Self> {
        let mut latest = None;
        let (mut price, mut cancelled_by, mut fills) = (None, None, Vec::new());
        for event in events {
            match event {
                TradingEvent::TradeExecuted(trade) if trade.taker.order_id == order_id => {
                    let (number, fee) = (trade.trade, trade.taker.fee);
                    let (price, quantity) = (trade.price, trade.quantity);
                    fills.push(Fill { number, price, quantity, fee });
                }
                _ if event.order_id() != Some(order_id) => {}
                TradingEvent::OrderAccepted(accepted) => {
                    price = accepted.price;
                    latest = Some((OrderStatus::New, untouched(accepted.terms.quantity)));
                }
                TradingEvent::OrderAmended(amended) => {
                    price = Some(amended.price);
                    latest = Some((status_of_open(&amended.state), amended.state));
                }
                TradingEvent::OrderUpdated(updated) => {
                    latest = Some((status_of_open(&updated.state), updated.state));
                }
                TradingEvent::OrderClosed(closed) => latest = Some((closed.status, closed.state)),
                TradingEvent::OrderCancelled(cancelled) => cancelled_by = Some(cancelled.by),
                _ => {}
            }
        }
        let (status, state) = latest?;
        Some(Self { order_id, status, state, price, cancelled_by, fills })
    }

    pub(super) fn average_price(&self) -> Option<Decimal> {
        average_price(self.state.executed_value, self.state.executed)
    }
}

/// An order that was just taken.
const fn untouched(quantity: Decimal) -> OrderState {
    OrderState {
        version: 1,
        executed: Decimal::ZERO,
        remaining: quantity,
        executed_value: Decimal::ZERO,
    }
}

fn status_of_open(state: &OrderState) -> OrderStatus {
    if state.executed.is_zero() { OrderStatus::New } else { OrderStatus::PartiallyFilled }
}
