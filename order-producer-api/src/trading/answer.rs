//! What a member gets back.

use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::Response;
use order_domain::trading::event::CANCELLED_AT_ONCE_MAX;
use order_domain::trading::{AccountId, Symbol, TradingEvent};

use super::order_outcome::OrderOutcome;
use super::refusal::{conflicted, refused};
use super::subject::Subject;
use super::view::{Balance, CancelledOrder, CancelledOrders, OrderAnswer, Receipt, Status};
use crate::answer::{json, locate, note_wait, visible};
use crate::intake::Submitted;
use crate::outcome::Outcome;

/// What became of the command, where that is known; else a 202.
pub(super) fn answer(subject: &Subject, submitted: &Submitted) -> Response {
    let mut response = match &submitted.outcome {
        None => unknown(subject, submitted, Status::AcceptedForProcessing),
        Some(Outcome::Market(events)) => decided(subject, submitted, events),
        // What is decided of purchases is not said of a market's command.
        Some(Outcome::DeadLettered | Outcome::Accepted | Outcome::Rejected { .. }) => {
            unknown(subject, submitted, Status::DeadLettered)
        }
    };
    note_wait(&mut response, submitted.waited);
    response
}

fn decided(subject: &Subject, submitted: &Submitted, events: &[TradingEvent]) -> Response {
    match events.first() {
        Some(TradingEvent::CommandConflicted(_)) => conflicted(subject, submitted),
        Some(TradingEvent::OrderRejected(event)) => {
            refused(subject, submitted, event.reason, Some(&event.detail))
        }
        Some(TradingEvent::CommandRefused(event)) => {
            refused(subject, submitted, event.reason, Some(&event.detail))
        }
        // The log no longer has the first one's decision: this is all that is remembered of it.
        Some(TradingEvent::CommandRepeated(event)) => match event.refused {
            Some(reason) => refused(subject, submitted, reason, None),
            None => Telling::of(subject, submitted).receipt(Status::Taken, None, Vec::new()),
        },
        _ => Telling::of(subject, submitted).taken(events),
    }
}

/// 202.
fn unknown(subject: &Subject, submitted: &Submitted, status: Status) -> Response {
    let telling = Telling { code: StatusCode::ACCEPTED, ..Telling::of(subject, submitted) };
    telling.receipt(status, None, Vec::new())
}

/// An answer that tells of a command that was not refused.
struct Telling<'a> {
    code: StatusCode,
    subject: &'a Subject,
    command_id: String,
    position: String,
}

impl<'a> Telling<'a> {
    /// 201 of what places an order, 200 of anything else.
    fn of(subject: &'a Subject, submitted: &Submitted) -> Self {
        let code = match subject {
            Subject::NewOrder(_) => StatusCode::CREATED,
            _ => StatusCode::OK,
        };
        let command_id = submitted.command_id.to_string();
        Self { code, subject, command_id, position: submitted.position.to_string() }
    }

    fn taken(self, events: &[TradingEvent]) -> Response {
        if let Subject::Orders(account, symbol) = self.subject {
            return self.cancelled(account, symbol.as_ref(), events);
        }
        let of_order = self.subject.order_id().and_then(|id| OrderOutcome::of(id, events));
        if let Some(outcome) = of_order {
            return self.order(outcome);
        }
        let changed = events.len() > 1;
        self.receipt(Status::Taken, Some(changed), balances(events))
    }

    fn receipt(
        self,
        status: Status,
        changed: Option<bool>,
        balances: Vec<Balance<'_>>,
    ) -> Response {
        let receipt = Receipt {
            command_id: &self.command_id,
            order_id: self.subject.order_id(),
            status,
            changed,
            balances,
            position: &self.position,
        };
        let response = json(self.code, &receipt);
        self.located(response)
    }

    fn order(self, outcome: OrderOutcome) -> Response {
        let average_price = outcome.average_price();
        let OrderOutcome { order_id, status, state, price, cancelled_by, fills } = outcome;
        let answer = OrderAnswer {
            command_id: &self.command_id,
            order_id,
            status,
            version: state.version,
            price,
            executed: state.executed,
            remaining: state.remaining,
            executed_value: state.executed_value,
            average_price,
            cancelled_by,
            fills,
            position: &self.position,
        };
        let mut response = json(self.code, &answer);
        response.headers_mut().insert(ETAG, visible(format!("\"{}\"", state.version)));
        self.located(response)
    }

    fn cancelled(
        self,
        account: &AccountId,
        symbol: Option<&Symbol>,
        events: &[TradingEvent],
    ) -> Response {
        let orders: Vec<_> = events.iter().filter_map(cancelled_order).collect();
        let more = orders.len() == CANCELLED_AT_ONCE_MAX;
        let (command_id, position) = (&self.command_id, &self.position);
        let answer = CancelledOrders { command_id, account, symbol, orders, more, position };
        let response = json(self.code, &answer);
        self.located(response)
    }

    fn located(self, mut response: Response) -> Response {
        locate(&mut response, self.subject.location(), self.position);
        response
    }
}

fn balances(events: &[TradingEvent]) -> Vec<Balance<'_>> {
    let changed = events.iter().filter_map(|event| match event {
        TradingEvent::BalanceChanged(changed) => Some(changed),
        _ => None,
    });
    changed
        .map(|changed| Balance {
            asset: &changed.asset,
            available: changed.available,
            held: changed.held,
        })
        .collect()
}

fn cancelled_order(event: &TradingEvent) -> Option<CancelledOrder> {
    let TradingEvent::OrderClosed(closed) = event else { return None };
    let executed = closed.state.executed;
    Some(CancelledOrder { order_id: closed.order_id, status: closed.status, executed })
}
