//! Commands to a market as the HTTP requests that bring them about: the trading dialect.
//!
//! Orders keep their ids only where their clients had sent an `Idempotency-Key`: the ids are made from it.
//! Without one, a replayed amendment or cancellation names an order that the target does not know.

use jiff::Timestamp;
use order_domain::trading::{
    AccountId, CommandId, Instrument, OrderKind, OrderTerms, Request, command,
};
use order_domain::{OrderId, TradingCommand};
use serde_json::{Value, json};
use traffic_archive::Exchange;

use super::request;

/// The request that makes `command`; `None` where it came from a seed.
pub(super) fn to_request(command: &TradingCommand, at: Timestamp) -> Option<Exchange> {
    if !is_of_a_client(command) {
        return None;
    }
    let Asked { method, path, body, if_version } = asked(&command.request);
    let mut exchange = request::request(at, method, path, &command.venue);
    if let Some(body) = body {
        request::set_json(&mut exchange, &body);
    }
    if let Some(version) = if_version {
        exchange.headers.push(("if-match".to_owned(), format!("\"{version}\"")));
    }
    let (key, trace) = (command.idempotency_key.as_ref(), command.trace_parent.as_ref());
    request::set_wishes(&mut exchange, key, trace);
    Some(exchange)
}

/// What a client asks for with a key gets its id from that and the account. A seed makes ids in another
/// way, and pays in what no client can.
fn is_of_a_client(command: &TradingCommand) -> bool {
    let expected = command.idempotency_key.as_ref().map(|key| match command.request.account() {
        Some(account) => CommandId::from_idempotency_key(account, key),
        None => CommandId::from_idempotency_key_of_the_market(key),
    });
    let sown = matches!(&command.request, Request::Deposit(deposit) if deposit.if_first);
    !sown && expected.is_none_or(|expected| expected == command.command_id)
}

/// How something is asked for.
#[derive(Default)]
struct Asked {
    method: &'static str,
    path: String,
    body: Option<Value>,
    if_version: Option<u64>,
}

fn asked(request: &Request) -> Asked {
    match request {
        Request::ListInstrument(list) => post("/api/v3/instruments", listed(&list.instrument)),
        Request::HaltInstrument(halt) => {
            post_nothing(format!("/api/v3/instruments/{}/halt", halt.symbol))
        }
        Request::ResumeInstrument(resume) => {
            post_nothing(format!("/api/v3/instruments/{}/resume", resume.symbol))
        }
        Request::OpenAccount(open) => post("/api/v3/accounts", json!({ "account": open.account })),
        Request::Deposit(command::Deposit { account, asset, amount, .. }) => {
            let funds = json!({ "asset": asset, "amount": amount });
            post(format!("/api/v3/accounts/{account}/deposits"), funds)
        }
        Request::Withdraw(command::Withdraw { account, asset, amount }) => {
            let funds = json!({ "asset": asset, "amount": amount });
            post(format!("/api/v3/accounts/{account}/withdrawals"), funds)
        }
        Request::PlaceOrder(place) => post("/api/v3/order", placed(&place.terms)),
        Request::AmendOrder(amend) => amended(amend),
        Request::CancelOrder(cancel) => {
            let path = cancelled(cancel.order_id, cancel.account.as_ref());
            Asked { if_version: cancel.if_version, ..delete(path) }
        }
        Request::CancelAll(command::CancelAll { account, symbol }) => delete(match symbol {
            None => format!("/api/v3/orders?account={account}"),
            Some(symbol) => format!("/api/v3/orders?account={account}&symbol={symbol}"),
        }),
    }
}

fn post(path: impl Into<String>, body: Value) -> Asked {
    Asked { body: Some(body), ..post_nothing(path) }
}

fn post_nothing(path: impl Into<String>) -> Asked {
    Asked { method: "POST", path: path.into(), ..Asked::default() }
}

fn delete(path: String) -> Asked {
    Asked { method: "DELETE", path, ..Asked::default() }
}

/// The dialect has the names of the domain.
fn listed(instrument: &Instrument) -> Value {
    json!(instrument)
}

fn placed(terms: &OrderTerms) -> Value {
    let OrderTerms { account, symbol, side, kind, quantity, self_trade, client_order_id } = terms;
    let mut order = json!({
        "account": account, "symbol": symbol, "side": side, "quantity": quantity,
        "selfTrade": self_trade
    });
    match kind {
        OrderKind::Limit { price, time_in_force } => {
            order["type"] = json!("limit");
            order["price"] = json!(price);
            order["timeInForce"] = json!(time_in_force);
        }
        OrderKind::Market { worst_price } => {
            order["type"] = json!("market");
            set(&mut order, "price", worst_price.map(|price| json!(price)));
        }
    }
    set(&mut order, "clientOrderId", client_order_id.as_ref().map(|id| json!(id)));
    order
}

fn amended(amend: &command::AmendOrder) -> Asked {
    let command::AmendOrder { order_id, account, price, quantity, if_version } = amend;
    let mut body = json!({});
    set(&mut body, "account", account.as_ref().map(|account| json!(account)));
    set(&mut body, "price", price.map(|price| json!(price)));
    set(&mut body, "quantity", quantity.map(|quantity| json!(quantity)));
    Asked {
        method: "PATCH",
        path: format!("/api/v3/order/{order_id}"),
        body: Some(body),
        if_version: *if_version,
    }
}

fn cancelled(order_id: OrderId, account: Option<&AccountId>) -> String {
    match account {
        None => format!("/api/v3/order/{order_id}"),
        Some(account) => format!("/api/v3/order/{order_id}?account={account}"),
    }
}

fn set(object: &mut Value, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object[name] = value;
    }
}
