//! What a request is about, as far as its answer is concerned.

use order_domain::OrderId;
use order_domain::trading::{AccountId, CommandId, RefusalReason, Request, Symbol};
use service_kit::problem::{ProblemType, types};

/// What a request is about.
pub(super) enum Subject {
    /// An order that it places.
    NewOrder(OrderId),
    /// An order that it changes.
    Order(OrderId),
    /// The orders of an account, all or those of one instrument.
    Orders(AccountId, Option<Symbol>),
    /// An instrument.
    Instrument(Symbol),
    /// An account.
    Account(AccountId),
}

impl Subject {
    pub(super) fn of(request: &Request, command_id: CommandId) -> Self {
        match request {
            Request::PlaceOrder(_) => Self::NewOrder(OrderId(command_id.0)),
            Request::AmendOrder(amend) => Self::Order(amend.order_id),
            Request::CancelOrder(cancel) => Self::Order(cancel.order_id),
            Request::CancelAll(all) => Self::Orders(all.account.clone(), all.symbol.clone()),
            Request::ListInstrument(list) => Self::Instrument(list.instrument.symbol.clone()),
            Request::HaltInstrument(halt) => Self::Instrument(halt.symbol.clone()),
            Request::ResumeInstrument(resume) => Self::Instrument(resume.symbol.clone()),
            Request::OpenAccount(open) => Self::Account(open.account.clone()),
            Request::Deposit(deposit) => Self::Account(deposit.account.clone()),
            Request::Withdraw(withdraw) => Self::Account(withdraw.account.clone()),
        }
    }

    /// Where it can be read.
    pub(super) fn location(&self) -> String {
        match self {
            Self::NewOrder(order) | Self::Order(order) => format!("/api/v3/order/{order}"),
            // Neither has characters that a query string escapes.
            Self::Orders(account, None) => format!("/api/v3/orders?account={account}"),
            Self::Orders(account, Some(symbol)) => {
                format!("/api/v3/orders?account={account}&symbol={symbol}")
            }
            Self::Instrument(symbol) => format!("/api/v3/instruments/{symbol}"),
            Self::Account(account) => format!("/api/v3/accounts/{account}"),
        }
    }

    /// The order, if it is about one.
    pub(super) const fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::NewOrder(order) | Self::Order(order) => Some(*order),
            _ => None,
        }
    }

    /// The problem that a client has whose request was refused: 404 where the very thing that its path
    /// names is unknown, 412 where `If-Match` named another version, 422 for any other rule.
    pub(super) const fn problem_of(&self, reason: RefusalReason) -> &'static ProblemType {
        match (self, reason) {
            (Self::NewOrder(_), _) => &types::ORDER_REJECTED,
            (_, RefusalReason::VersionMismatch) => &types::VERSION_MISMATCH,
            (Self::Order(_), RefusalReason::UnknownOrder) => &types::ORDER_NOT_FOUND,
            (Self::Account(_), RefusalReason::UnknownAccount) => &types::ACCOUNT_NOT_FOUND,
            (Self::Instrument(_), RefusalReason::UnknownSymbol) => &types::INSTRUMENT_NOT_FOUND,
            _ => &types::COMMAND_REFUSED,
        }
    }
}
