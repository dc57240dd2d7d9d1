//! What happens on a market: commands that an engine decides, and a store that its decisions fill.

use order_domain::{Command, Decision, Event, Offset, OrderId, Partition, Timestamp, TradingEvent};
use order_engine::{Engine, EngineSettings};
use serde_json::{Value, json};

use crate::client::Client;
use crate::rows::{MORNING, id};
use crate::stores::Sqlite;

/// The instrument of the tests: a tick is 0.5 EUR, a lot 0.02 BTC; a maker pays 0.10 %, a taker 0.25 %.
pub(crate) const SYMBOL: &str = "BTC-EUR";

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600_000;

/// A market, decided as it is asked, and projected when it is told to be.
pub(crate) struct History {
    engine: Engine,
    /// Milliseconds since 1970.
    now: i64,
    asked: u32,
    decisions: Vec<Decision>,
    pub(crate) store: Sqlite,
}

impl History {
    /// Nothing yet. It is 09:30.
    pub(crate) async fn empty() -> Self {
        let engine = Engine::new(Partition(0), EngineSettings::DEFAULT);
        let store = Sqlite::new(Vec::new()).await;
        Self { engine, now: MORNING, asked: 0, decisions: Vec::new(), store }
    }

    /// [`SYMBOL`] is listed; ada has 100,000 EUR, bob 100 BTC, carol nothing. It is 09:30, and the next
    /// command is number 7.
    pub(crate) async fn usual() -> Self {
        let mut history = Self::empty().await;
        history.list(SYMBOL, json!({}));
        for account in ["ada", "bob", "carol"] {
            history.ask("OpenAccount", &json!({ "account": account }));
        }
        history.ask("Deposit", &json!({"account": "ada", "asset": "EUR", "amount": "100000"}));
        history.ask("Deposit", &json!({"account": "bob", "asset": "BTC", "amount": "100"}));
        history
    }

    /// Sends a command a second after the one before. The answer is its number, counted from 1, which
    /// is also that of the order that it places. Orders may be rejected; nothing else may be refused.
    pub(crate) fn ask(&mut self, name: &str, request: &Value) -> u32 {
        self.asked += 1;
        self.now += SECOND_MS;
        let data =
            json!({"commandId": id(self.asked.into()), "venue": "market/main", "request": request});
        let command = json!({"type": format!("trading.{name}"), "version": 1, "data": data});
        let command = Command::from_json(command.to_string().as_bytes()).unwrap();
        let decision = self.engine.decide(Offset(self.asked.into()), Timestamp(self.now), command);
        let refused =
            |event: &Event| matches!(event, Event::Trading(TradingEvent::CommandRefused(_)));
        assert!(!decision.events.iter().any(refused), "{decision:?}");
        self.engine.evolve(&decision);
        self.decisions.push(decision);
        self.asked
    }

    /// Lists an instrument; `more` adds to its usual terms.
    pub(crate) fn list(&mut self, symbol: &str, more: Value) -> u32 {
        let (base, quote) = symbol.split_once('-').unwrap();
        let instrument = json!({
            "symbol": symbol,
            "base": {"code": base, "scale": 8},
            "quote": {"code": quote, "scale": 2},
            "tickSize": "0.5", "lotSize": "0.02", "minimumNotional": "1",
            "makerFee": 10, "takerFee": 25,
        });
        self.ask("ListInstrument", &json!({ "instrument": with(instrument, more) }))
    }

    /// Places a limit order, good till cancelled; `more` adds to its terms, or replaces them.
    pub(crate) fn limit(
        &mut self,
        account: &str,
        side: &str,
        quantity: &str,
        price: &str,
        more: Value,
    ) -> u32 {
        let limit = json!({"limit": {"price": price, "timeInForce": "good-till-cancelled"}});
        let terms = json!({
            "account": account, "symbol": SYMBOL, "side": side, "kind": limit, "quantity": quantity,
        });
        self.ask("PlaceOrder", &json!({ "terms": with(terms, more) }))
    }

    pub(crate) fn buy(&mut self, account: &str, quantity: &str, price: &str) -> u32 {
        self.limit(account, "buy", quantity, price, json!({}))
    }

    pub(crate) fn sell(&mut self, account: &str, quantity: &str, price: &str) -> u32 {
        self.limit(account, "sell", quantity, price, json!({}))
    }

    pub(crate) fn cancel(&mut self, order: u32) {
        self.ask("CancelOrder", &json!({ "orderId": order_id(order) }));
    }

    /// Lets hours pass.
    pub(crate) fn wait_hours(&mut self, hours: i64) {
        self.now += hours * HOUR_MS;
    }

    /// Shows readers what has happened.
    pub(crate) async fn project(&mut self) {
        self.store.project(&self.decisions).await;
        self.decisions.clear();
    }

    pub(crate) fn client(&self) -> Client {
        self.store.client()
    }
}

/// The order that command `number` placed.
pub(crate) fn order_id(number: u32) -> OrderId {
    id(number.into())
}

/// Where it can be read.
pub(crate) fn order_path(number: u32) -> String {
    format!("/api/v3/order/{}", order_id(number))
}

fn with(mut object: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("{more} is no object") };
    object.as_object_mut().unwrap().extend(more);
    object
}
