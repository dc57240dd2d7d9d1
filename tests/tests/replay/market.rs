//! A market's day, dumped from its log and replayed to a new instance with the same seed: the same orders,
//! trades, refusals and balances.

use reqwest::Method;
use serde_json::{Value, json};
use tests::market::{SYMBOL, limit, seeded, with};
use tests::{Client, House, Profile};

use crate::desk::Desk;

const MEMBERS: [&str; 2] = ["ada", "bob"];

/// What the seed asks for that no client can: to open two accounts, and to pay twice into each.
const SOWN: u64 = 6;

fn house() -> House {
    seeded(House::new(Profile::Embedded).expect("it needs nothing"), &MEMBERS)
}

/// Asks one thing after the other, each with a key.
struct Day {
    client: Client,
    asked: u64,
}

impl Day {
    async fn asks(&mut self, method: Method, path: &str, body: Option<Value>) -> Value {
        self.asks_if(method, path, body, None).await
    }

    /// Only at a version of the order, where there is one.
    async fn asks_if(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        version: Option<&str>,
    ) -> Value {
        self.asked += 1;
        let key = format!("day-{}", self.asked);
        let mut headers = vec![("Idempotency-Key", key.as_str()), ("Prefer", "wait=30")];
        headers.extend(version.map(|version| ("If-Match", version)));
        let answer = self.client.ask_market(method, path, body.as_ref(), &headers).await;
        answer.expect("an answer").body
    }

    /// Gives the order's path.
    async fn places(&mut self, order: Value) -> String {
        let order = self.asks(Method::POST, "/api/v3/order", Some(order)).await;
        format!("/api/v3/order/{}", order["orderId"].as_str().expect("an id"))
    }

    async fn passes(&mut self) {
        self.places(limit("bob", "sell", "60000", "1")).await;
        let rest = self.places(limit("ada", "buy", "60500", "1.5")).await;
        let dearer = json!({"account": "ada", "price": "60600"});
        let amended = self.asks_if(Method::PATCH, &rest, Some(dearer), Some("\"2\"")).await;
        assert_eq!(amended["version"], 3, "{amended}");
        let late = json!({"quantity": "0.1"});
        let refused = self.asks_if(Method::PATCH, &rest, Some(late), Some("\"2\"")).await;
        assert_eq!(refused["type"], "/problems/version-mismatch", "{refused}");

        let named = with(limit("bob", "sell", "61000", "0.5"), "clientOrderId", "mine");
        let named = self.places(with(named, "timeInForce", "post-only")).await;
        self.places(json!({
            "account": "bob", "symbol": SYMBOL, "side": "sell", "type": "market", "quantity": "0.2",
            "selfTrade": "allow"
        }))
        .await;
        self.asks(Method::DELETE, &format!("{named}?account=bob"), None).await;
        self.asks(Method::DELETE, &named, None).await;

        let funds = |amount: &str| Some(json!({"asset": "EUR", "amount": amount}));
        self.asks(Method::POST, "/api/v3/accounts/ada/deposits", funds("12.34")).await;
        self.asks(Method::POST, "/api/v3/accounts/ada/withdrawals", funds("2.34")).await;
        self.asks(Method::POST, "/api/v3/accounts/bob/withdrawals", funds("999999999")).await;
        self.asks(Method::POST, "/api/v3/accounts", Some(json!({"account": "cleo"}))).await;

        let instrument = format!("/api/v3/instruments/{SYMBOL}");
        self.asks(Method::POST, &format!("{instrument}/halt"), None).await;
        self.places(limit("ada", "buy", "60000", "1")).await;
        self.asks(Method::POST, &format!("{instrument}/resume"), None).await;
        self.places(limit("bob", "sell", "62000", "1")).await;
        let all = format!("/api/v3/orders?account=bob&symbol={SYMBOL}");
        self.asks(Method::DELETE, &all, None).await;
        self.places(limit("bob", "sell", "63000", "1")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_s_day_comes_to_the_same_again() {
    let desk = Desk::new();
    let (recorded, again) = (house(), house());
    let (direct, replayed) = (recorded.start(), again.start());
    let mut day = Day { client: Client::of(direct.url()), asked: 0 };
    day.client.wait_ready().await;
    Client::of(replayed.url()).wait_ready().await;
    day.passes().await;

    let archive = desk.path("day");
    let dump = ["dump", "--from", &recorded.log_url(), "--topic", "orders", "--archive", &archive];
    let said = desk.json(&dump);
    // What the seed asks for that clients can, too: an instrument is listed.
    let entries = day.asked + 1;
    let expected = json!([entries, entries, SOWN]);
    assert_eq!(json!([said["entries"], said["outcomes"], said["rejected"]]), expected, "{said}");

    desk.replays(&archive, replayed.url());
    let found = desk.json(&["verify", direct.url(), "--against", replayed.url()]);
    assert_eq!(found["equal"], true, "{found}");
    direct.stop();
    replayed.stop();
}
