//! A market that members talk to over HTTP.

use std::num::NonZeroU32;
use std::ops::Deref;

use axum::body::Body;
use axum::http::Request;
use event_log::Record;
use event_log::topics::ORDERS;
use order_domain::{Command, Partition, TradingCommand};
use order_engine::{Engine, EngineSettings, MarketBounds};
use serde_json::{Value, json};

use crate::shop::{Answer, Shop};

/// To wait for the outcome.
pub const WAIT: (&str, &str) = ("prefer", "wait=5");

/// What the producer calls its market where nothing else is configured.
pub const VENUE: &str = "market/main";

pub struct Market(Shop);

impl Deref for Market {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.0
    }
}

impl Market {
    /// With an engine, and nothing else.
    pub fn empty() -> Self {
        Self::of(Shop::open())
    }

    /// BTC-EUR is listed (a tick is 1 EUR, a lot 0.01 BTC, 10 EUR the least, fees 0.10 and 0.25 %); ada
    /// and bob have 10,000 EUR and 10 BTC each.
    pub async fn usual() -> Self {
        Self::empty().furnished().await
    }

    /// A producer of that shop, with an engine behind it.
    pub fn of(shop: Shop) -> Self {
        Self::remembering(shop, MarketBounds::DEFAULT)
    }

    /// One whose engine remembers only the last command.
    pub fn forgetful(shop: Shop) -> Self {
        let one = NonZeroU32::MIN;
        let bounds = MarketBounds {
            commands_remembered: one,
            closed_orders_remembered: one,
            ..MarketBounds::DEFAULT
        };
        Self::remembering(shop, bounds)
    }

    /// A producer with nobody behind it.
    pub const fn without_engine(shop: Shop) -> Self {
        Self(shop)
    }

    fn remembering(shop: Shop, market: MarketBounds) -> Self {
        let settings = EngineSettings { market, ..EngineSettings::DEFAULT };
        shop.decide_with(|partition| {
            let mut engine = Engine::new(partition, settings);
            move |record: &Record| {
                let command = Command::from_json(&record.payload).unwrap();
                let decision = engine.decide(record.position.offset, record.timestamp, command);
                engine.evolve(&decision);
                decision
            }
        });
        Self(shop)
    }

    async fn furnished(self) -> Self {
        let taken = |answer: Answer| assert_eq!(answer.status, 200, "{answer:?}");
        taken(self.post("/instruments", &btc_eur(), &[WAIT]).await);
        for account in ["ada", "bob"] {
            taken(self.post("/accounts", &json!({ "account": account }), &[WAIT]).await);
            for (asset, amount) in [("EUR", "10000"), ("BTC", "10")] {
                let deposit = json!({ "asset": asset, "amount": amount });
                taken(self.post(&format!("/accounts/{account}/deposits"), &deposit, &[WAIT]).await);
            }
        }
        self
    }

    /// A request under `/api/v3`; `Value::Null` is no body.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v3{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Value::Null => Body::empty(),
            body => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        self.0.send(request.body(body).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.ask("POST", path, body, headers).await
    }

    /// Places an order and waits for its outcome.
    pub async fn place(&self, order: &Value) -> Answer {
        self.post("/order", order, &[WAIT]).await
    }

    /// Places an order that is taken, and tells its id.
    pub async fn placed(&self, order: &Value) -> String {
        let answer = self.place(order).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["orderId"].as_str().unwrap().to_owned()
    }

    pub async fn amend(&self, id: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        self.ask("PATCH", &format!("/order/{id}"), body, headers).await
    }

    pub async fn cancel(&self, id: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("DELETE", &format!("/order/{id}"), &Value::Null, headers).await
    }

    /// What an account has of an asset, available and held: deposits the least there is to learn it.
    pub async fn has(&self, account: &str, asset: &str) -> (String, String) {
        let least = match asset {
            "BTC" => "0.00000001",
            _ => "0.01",
        };
        let path = format!("/accounts/{account}");
        let funds = json!({ "asset": asset, "amount": least });
        self.post(&format!("{path}/deposits"), &funds, &[WAIT]).await;
        let answer = self.post(&format!("{path}/withdrawals"), &funds, &[WAIT]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let balance = &answer.body["balances"][0];
        let text = |name: &str| balance[name].as_str().unwrap().to_owned();
        (text("available"), text("held"))
    }

    /// The market's commands on the log.
    pub fn asked(&self) -> Vec<TradingCommand> {
        let read = |record: Record| match Command::from_json(&record.payload).unwrap() {
            Command::Trading(command) => command,
            Command::NewOrder(order) => panic!("{order:?}"),
        };
        self.0.log.all(&ORDERS).into_iter().map(read).collect()
    }

    /// Where the market's commands stand.
    pub fn partition(&self) -> Partition {
        self.0.log.all(&ORDERS)[0].position.partition
    }
}

/// The instrument of the tests.
pub fn btc_eur() -> Value {
    json!({
        "symbol": "BTC-EUR",
        "base": { "code": "BTC", "scale": 8 }, "quote": { "code": "EUR", "scale": 2 },
        "tickSize": "1", "lotSize": "0.01", "minimumNotional": 10, "makerFee": 10, "takerFee": 25
    })
}

/// A limit order.
pub fn limit(account: &str, side: &str, quantity: &str, price: &str) -> Value {
    json!({
        "account": account, "symbol": "BTC-EUR", "side": side, "type": "limit",
        "price": price, "quantity": quantity
    })
}

/// A market order.
pub fn market(account: &str, side: &str, quantity: &str) -> Value {
    json!({
        "account": account, "symbol": "BTC-EUR", "side": side, "type": "market",
        "quantity": quantity
    })
}

/// `body` with one member more, or another value of it.
pub fn with(body: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    body[name] = value.into();
    body
}
