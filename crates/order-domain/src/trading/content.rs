//! What a request asks for, as bytes for its fingerprint.
//!
//! Placing, amending and cancelling are most of what a market is asked, and are written field by field:
//! their JSON costs more than deciding some of them. Whatever may be missing is led by a number of its
//! own and leaves nothing where it is missing, so that a field that is added later changes no
//! fingerprint of a request without it. None of these numbers ever changes.

use super::command::{AmendOrder, CancelOrder, PlaceOrder};
use super::{AccountId, OrderKind, OrderTerms, Request, SelfTrade, Side, TimeInForce};
use crate::OrderId;
use crate::fingerprint::Content;

impl Request {
    /// Adds all of it.
    pub(crate) fn add_to(&self, content: &mut Content) {
        content.text(self.type_name());
        match self {
            Self::PlaceOrder(place) => add_placing(content, place),
            Self::AmendOrder(amend) => add_amendment(content, amend),
            Self::CancelOrder(cancel) => add_cancelling(content, cancel),
            _ => content.bytes(&self.to_json()),
        }
    }
}

fn add_placing(content: &mut Content, PlaceOrder { terms }: &PlaceOrder) {
    let OrderTerms { account, symbol, side, kind, quantity, self_trade, client_order_id } = terms;
    content.text(account.as_str());
    content.text(symbol.as_str());
    content.byte(side_code(*side));
    match kind {
        OrderKind::Limit { price, time_in_force } => {
            content.byte(time_code(*time_in_force));
            content.decimal(*price);
        }
        OrderKind::Market { worst_price } => {
            content.byte(MARKET);
            content.byte(u8::from(worst_price.is_some()));
            if let Some(price) = worst_price {
                content.decimal(*price);
            }
        }
    }
    content.decimal(*quantity);
    content.byte(self_trade_code(*self_trade));
    if let Some(name) = client_order_id {
        content.byte(1);
        content.text(name.as_str());
    }
}

fn add_amendment(content: &mut Content, amend: &AmendOrder) {
    let AmendOrder { order_id, account, price, quantity, if_version } = amend;
    add_order(content, *order_id);
    for (number, value) in [(1, price), (2, quantity)] {
        if let Some(value) = value {
            content.byte(number);
            content.decimal(*value);
        }
    }
    add_version(content, *if_version);
    add_account(content, account.as_ref());
}

fn add_cancelling(content: &mut Content, cancel: &CancelOrder) {
    let CancelOrder { order_id, account, if_version } = cancel;
    add_order(content, *order_id);
    add_version(content, *if_version);
    add_account(content, account.as_ref());
}

fn add_order(content: &mut Content, order: OrderId) {
    content.bytes(order.0.as_bytes());
}

fn add_version(content: &mut Content, if_version: Option<u64>) {
    if let Some(version) = if_version {
        content.byte(3);
        content.number(version);
    }
}

fn add_account(content: &mut Content, account: Option<&AccountId>) {
    if let Some(account) = account {
        content.byte(4);
        content.text(account.as_str());
    }
}

const fn side_code(side: Side) -> u8 {
    match side {
        Side::Buy => 1,
        Side::Sell => 2,
    }
}

/// Stands where a limit order has its time in force.
const MARKET: u8 = 0;

const fn time_code(time_in_force: TimeInForce) -> u8 {
    match time_in_force {
        TimeInForce::GoodTillCancelled => 1,
        TimeInForce::ImmediateOrCancel => 2,
        TimeInForce::FillOrKill => 3,
        TimeInForce::PostOnly => 4,
        TimeInForce::PostOnlySlide => 5,
    }
}

const fn self_trade_code(self_trade: SelfTrade) -> u8 {
    match self_trade {
        SelfTrade::Allow => 1,
        SelfTrade::CancelNewest => 2,
        SelfTrade::CancelOldest => 3,
        SelfTrade::CancelBoth => 4,
        SelfTrade::Decrement => 5,
    }
}
