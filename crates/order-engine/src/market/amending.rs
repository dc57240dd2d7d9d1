//! Amendments: another limit or open quantity.

use order_book::{Price, Quantity};
use order_domain::trading::command::AmendOrder;
use order_domain::trading::event::OrderAmended;
use order_domain::trading::{AccountId, RefusalReason};
use order_domain::{OrderId, TradingEvent};

use super::Market;
use super::bounds::UNITS_MAX;
use super::execution::{Execution, Taker};
use super::facts::Facts;
use super::ledger::Ledger;
use super::listed::ListedInstrument;
use super::orders::{OpenOrder, OrderKey, Progress};
use super::refusal::Refusal;

impl Market {
    /// The open order that a command is about. It must be that of the account which the command names,
    /// if it names one (what became of another's order is not told), and at the version that the member
    /// knows.
    pub(super) fn open_order(
        &self,
        id: OrderId,
        account: Option<&AccountId>,
        if_version: Option<u64>,
    ) -> Result<OrderKey, Refusal> {
        let is_theirs = |of| account.is_none_or(|named| self.accounts[of].id == *named);
        let Some(key) = self.orders.find(id).filter(|key| is_theirs(self.orders[*key].account))
        else {
            return Err(match self.closed.get(id.0).filter(|closed| is_theirs(closed.account)) {
                Some(closed) => closed.refuse(&self.instruments[closed.instrument]),
                None => unknown_order(id, account),
            });
        };
        let order = &self.orders[key];
        match if_version {
            Some(known) if known != order.progress.version => {
                Err(order.moved_on(known, &self.instruments[order.instrument]))
            }
            _ => Ok(key),
        }
    }

    pub(super) fn amend(&self, amend: &AmendOrder, facts: &mut Facts) -> Result<(), Refusal> {
        let key = self.open_order(amend.order_id, amend.account.as_ref(), amend.if_version)?;
        let order = &self.orders[key];
        let listed = &self.instruments[order.instrument];
        listed.check_open()?;
        let (ticks, lots) = asked(amend, order, listed)?;
        let kept_place = Some(ticks) == order.limit && lots < order.progress.open;
        listed.check_notional(ticks, lots)?;
        if Some(ticks) != order.limit {
            listed.check_band(ticks)?;
        }

        let mut matches = Vec::new();
        listed
            .book
            .preview_amend(key.in_book(), Price(ticks), Quantity(lots), &mut |event| {
                matches.push(event);
            })
            .map_err(|refused| listed.refuse(refused))?;
        let limit = listed.check_outcome(&order.progress, ticks, &matches)?;
        let version = order.progress.version + 1;
        let progress = Progress { version, open: lots, ..order.progress };
        check_countable(&progress, listed)?;

        let held = listed.hold(order.side, limit, lots)?;
        let held_before = order.hold(&listed.measures);
        let mut ledger = Ledger::new(self);
        ledger.hold(order.account, listed.given(order.side), held, held_before)?;
        facts.push(TradingEvent::OrderAmended(OrderAmended {
            order_id: order.id,
            price: listed.measures.price(limit),
            state: progress.state(&listed.measures),
            kept_place,
        }));
        let OpenOrder { id, account, side, instrument, .. } = *order;
        let taker = Taker { key, id, account, side, limit: Some(limit), progress, held };
        Execution::new(self, instrument, ledger, taker, facts).run(&matches);
        Ok(())
    }
}

fn unknown_order(id: OrderId, account: Option<&AccountId>) -> Refusal {
    let detail = match account {
        Some(account) => format!("no order {id} of {account} is open"),
        None => format!("no order {id} is open"),
    };
    Refusal::new(RefusalReason::UnknownOrder, detail)
}

/// The limit and the open quantity that are asked for.
fn asked(
    amend: &AmendOrder,
    order: &OpenOrder,
    listed: &ListedInstrument,
) -> Result<(i64, u64), Refusal> {
    let invalid = |detail: &str| Err(Refusal::new(RefusalReason::InvalidAmendment, detail));
    let before = (order.limit.expect("what rests has a limit"), order.progress.open);
    let ticks = amend.price.map_or(Ok(before.0), |price| listed.ticks(price))?;
    let lots = match amend.quantity {
        None => before.1,
        Some(none) if listed.measures.lots(none) == Some(0) => {
            return invalid("a quantity of 0 is asked for; that is a cancel");
        }
        Some(quantity) => listed.lots(quantity)?,
    };
    if (ticks, lots) == before {
        return invalid("the order has this price and this open quantity");
    }
    Ok((ticks, lots))
}

/// Whether all that an order was and will be can be counted.
fn check_countable(progress: &Progress, listed: &ListedInstrument) -> Result<(), Refusal> {
    let lots = u128::from(progress.executed) + u128::from(progress.open);
    if lots * u128::from(listed.measures.lot) <= u128::from(UNITS_MAX) {
        return Ok(());
    }
    let detail = "what was executed and what would be open are together more than can be counted";
    Err(Refusal::new(RefusalReason::Lot, detail))
}

impl OpenOrder {
    /// The answer to a command that knows another version of it.
    fn moved_on(&self, known: u64, listed: &ListedInstrument) -> Refusal {
        let Progress { version, executed, open, .. } = self.progress;
        let (executed, open) = (listed.measures.quantity(executed), listed.measures.quantity(open));
        let base = &listed.terms.base.code;
        let detail = format!(
            "the order is at version {version}, not {known}: {executed} {base} were executed, \
             {open} are open"
        );
        Refusal::new(RefusalReason::VersionMismatch, detail)
    }
}
