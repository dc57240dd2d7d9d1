//! A market: its seed, a client of the trading dialect, and the proof that what is shown is what the
//! engine has.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use order_domain::{Decimal, OrderId, Position};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::PATIENCE;
use crate::{Acknowledged, Client, House};

/// The market of the default configuration.
const MARKET: &str = "market/main";
/// What is traded.
pub const SYMBOL: &str = "BTC-EUR";
/// Decimal places of BTC.
const BASE_SCALE: u32 = 8;
/// Decimal places of EUR.
const QUOTE_SCALE: u32 = 2;
/// What every account of [`seed`] begins with.
const DEPOSIT: [(&str, &str); 2] = [("BTC", "100"), ("EUR", "1000000")];

/// Writes a seed with these accounts beside the house's data and has every program use it.
#[must_use]
pub fn seeded(house: House, accounts: &[&str]) -> House {
    let path: PathBuf = house.data_dir().join("seed.toml");
    std::fs::write(&path, seed(accounts)).expect("the seed is written");
    house.with("SERIATIM_TRADING__SEED", path.to_str().expect("a path in UTF-8"))
}

fn seed(accounts: &[&str]) -> String {
    let instrument = format!(
        "[[instruments]]\nsymbol = \"{SYMBOL}\"\nbase = {{ code = \"BTC\", scale = {BASE_SCALE} }}\n\
         quote = {{ code = \"EUR\", scale = {QUOTE_SCALE} }}\ntickSize = \"0.50\"\nlotSize = \"0.02\"\n\
         minimumNotional = \"1\"\nmakerFee = 10\ntakerFee = 25\n"
    );
    let deposits = DEPOSIT.map(|(asset, amount)| format!("{asset} = \"{amount}\"")).join(", ");
    let account =
        |name: &&str| format!("[[accounts]]\naccount = \"{name}\"\ndeposits = {{ {deposits} }}\n");
    let accounts: String = accounts.iter().map(account).collect();
    instrument + &accounts
}

/// A limit order's body.
pub fn limit(account: &str, side: &str, price: &str, quantity: &str) -> Value {
    json!({
        "account": account, "symbol": SYMBOL, "side": side, "type": "limit", "price": price,
        "quantity": quantity
    })
}

/// `body` with one more field.
#[must_use]
pub fn with(mut body: Value, field: &str, value: &str) -> Value {
    body[field] = json!(value);
    body
}

/// An answer of the trading dialect.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The order's version, where the answer is about one.
    pub etag: Option<String>,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// What the member was promised; `None` where it was promised nothing.
    pub fn acknowledged(&self) -> Option<Acknowledged> {
        let position = self.body["position"].as_str()?.parse().ok()?;
        let command = self.body["commandId"].as_str()?.parse().ok()?;
        self.status.is_success().then_some(Acknowledged { position, order_id: OrderId(command) })
    }

    /// Where its command stands.
    pub fn position(&self) -> Position {
        let position = self.body["position"].as_str().unwrap_or_else(|| panic!("{self:?}"));
        position.parse().expect("a position")
    }

    /// The order's id.
    pub fn order_id(&self) -> &str {
        self.body["orderId"].as_str().unwrap_or_else(|| panic!("{self:?}"))
    }
}

impl Client {
    /// A request to the market, with further headers; `None` where there was no answer.
    pub async fn ask_market(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Option<Answer> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.ok()?;
        let etag = response.headers().get("etag").map(|tag| tag.to_str().unwrap_or("").to_owned());
        Some(Answer { status: response.status(), etag, body: response.json().await.ok()? })
    }

    /// Waits until accounts have what the seed gives them: a start does not wait for its seed for ever,
    /// and what is refused under an idempotency key stays refused.
    pub async fn wait_funded(&self, accounts: &[&str]) {
        for account in accounts {
            let began = Instant::now();
            loop {
                let (_, shown) = self.get(&format!("/api/v3/accounts/{account}"), None).await;
                if shown["balances"].as_array().is_some_and(|all| all.len() == DEPOSIT.len()) {
                    break;
                }
                assert!(began.elapsed() < PATIENCE, "{account} is never funded: {shown}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Places an order on the market and waits for the outcome.
    pub async fn trade(&self, order: &Value) -> Answer {
        let wait = [("Prefer", "wait=10")];
        let answer = self.ask_market(Method::POST, "/api/v3/order", Some(order), &wait).await;
        answer.expect("an answer")
    }
}

/// A market as the engine has it, asked of its snapshots and decisions.
pub struct EngineMarket(Value);

impl EngineMarket {
    /// Asks `order-processor state`.
    pub fn of(house: &House) -> Self {
        let output = house.ask("order-processor", &["state", "--venue", MARKET]);
        assert!(output.status.success(), "{output:?}");
        let state: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        Self(state["market"].clone())
    }

    /// All balances and fees of an asset come to what was paid in, to the last unit.
    pub fn conserves_money(&self, accounts: usize) {
        for (asset, deposit) in DEPOSIT {
            let scale = if asset == "BTC" { BASE_SCALE } else { QUOTE_SCALE };
            let paid_in = units(&json!(deposit), scale) * i64::try_from(accounts).expect("few");
            let of_asset = |list: &Value, field: &str| -> i64 {
                let lines = list.as_array().into_iter().flatten();
                lines
                    .filter(|line| line["asset"] == asset)
                    .map(|line| units(&line[field], scale))
                    .sum()
            };
            let balances = |account: &Value| {
                let balances = &account["balances"];
                of_asset(balances, "available") + of_asset(balances, "held")
            };
            let held: i64 = self.accounts().map(balances).sum();
            assert_eq!(held + of_asset(&self.0["fees"], "paid"), paid_in, "{asset}");
        }
    }

    /// What readers are shown is what the engine has: the book, the open orders, the balances.
    pub async fn is_shown(&self, client: &Client) {
        let (_, shown) = client.get(&format!("/api/v3/orderbook/{SYMBOL}?depth=1000"), None).await;
        assert_eq!(levels(&shown), self.levels(), "{shown}");
        for account in self.accounts() {
            let name = account["account"].as_str().expect("a name");
            let (_, shown) = client.get(&format!("/api/v3/accounts/{name}"), None).await;
            assert_eq!(balances(&shown), balances(account), "{name}");
        }
        let mut open = BTreeMap::new();
        for status in ["new", "partially-filled"] {
            for order in client.all(&format!("/api/v3/orders?status={status}"), "orders").await {
                open.insert(
                    text(&order["orderId"]),
                    (text(&order["remaining"]), order["version"].clone()),
                );
            }
        }
        let expected = self.orders().map(|order| {
            (text(&order["orderId"]), (text(&order["remaining"]), order["version"].clone()))
        });
        assert_eq!(open, expected.collect());
    }

    /// How many orders are open.
    pub fn open_orders(&self) -> usize {
        self.orders().count()
    }

    fn accounts(&self) -> impl Iterator<Item = &Value> {
        self.0["accounts"].as_array().into_iter().flatten()
    }

    fn orders(&self) -> impl Iterator<Item = &Value> {
        self.0["openOrders"].as_array().into_iter().flatten()
    }

    /// Side and price, then open quantity and number of orders.
    fn levels(&self) -> BTreeMap<(String, i64), (i64, u64)> {
        let mut levels = BTreeMap::new();
        for order in self.orders() {
            let at = (text(&order["side"]), units(&order["price"], QUOTE_SCALE));
            let level: &mut (i64, u64) = levels.entry(at).or_default();
            level.0 += units(&order["remaining"], BASE_SCALE);
            level.1 += 1;
        }
        levels
    }
}

fn levels(book: &Value) -> BTreeMap<(String, i64), (i64, u64)> {
    let side = |name: &'static str, list: &'static str| {
        book[list].as_array().expect("a side").iter().map(move |level| {
            let quantity = units(&level["quantity"], BASE_SCALE);
            let orders = level["orders"].as_u64().expect("a number");
            ((name.to_owned(), units(&level["price"], QUOTE_SCALE)), (quantity, orders))
        })
    };
    side("buy", "bids").chain(side("sell", "asks")).collect()
}

/// By asset, those that are not empty: available and held.
fn balances(account: &Value) -> BTreeMap<String, (i64, i64)> {
    let lines = account["balances"].as_array().expect("balances").iter();
    let lines = lines.map(|line| {
        let units = |field: &str| units(&line[field], BASE_SCALE);
        (text(&line["asset"]), (units("available"), units("held")))
    });
    lines.filter(|(_, balance)| *balance != (0, 0)).collect()
}

fn units(amount: &Value, scale: u32) -> i64 {
    let decimal: Decimal = serde_json::from_str(&amount.to_string()).expect("a decimal");
    decimal.units(scale).expect("no finer than the asset")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
