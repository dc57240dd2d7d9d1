//! Members of a market trade over HTTP: fills, fees, amendments, cancels and refusals, and what is read
//! back equals what the engine has.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::market::{EngineMarket, SYMBOL, limit, seeded, with};
use tests::{Client, House, Profile};

const MEMBERS: [&str; 2] = ["ada", "bob"];

#[tokio::test(flavor = "multi_thread")]
async fn two_members_trade_over_the_embedded_log_and_sqlite() {
    meet(Profile::Embedded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_trade_over_kafka_and_postgres() {
    meet(Profile::Distributed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_trade_over_the_embedded_log_and_mariadb() {
    meet(Profile::Mariadb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_trade_over_the_embedded_log_and_sql_server() {
    meet(Profile::SqlServer).await;
}

async fn meet(profile: Profile) {
    let Some(house) = House::new(profile).map(|house| seeded(house, &MEMBERS)) else { return };
    let running = house.start();
    let client = Client::of(running.url());
    client.wait_ready().await;
    let rest = partial_fill(&client).await;
    amend(&client, &rest).await;
    fill_or_kill(&client).await;
    post_only(&client).await;
    self_trade(&client).await;
    cancel(&client, &rest).await;
    refusals(&client).await;
    sent_again(&client).await;
    let last = halt_and_resume(&client).await;
    client.wait_projected([last]).await;
    let engine = EngineMarket::of(&house);
    engine.conserves_money(MEMBERS.len());
    engine.is_shown(&client).await;
    history(&client).await;
    running.stop();

    // A second start gives the seed to the market again, and changes nothing.
    let running = house.start();
    let client = Client::of(running.url());
    let last = halt_and_resume(&client).await;
    client.wait_projected([last]).await;
    EngineMarket::of(&house).conserves_money(MEMBERS.len());
    running.stop();
}

/// Bob offers 1 at 60,000; ada wants 1.5 and gets 1 at bob's price. Gives her order's path.
async fn partial_fill(client: &Client) -> String {
    let offered = client.trade(&limit("bob", "sell", "60000", "1")).await;
    assert_eq!((offered.status, &offered.body["status"]), (StatusCode::CREATED, &json!("new")));
    let bought = client.trade(&limit("ada", "buy", "60500", "1.5")).await;
    assert_eq!(bought.status, StatusCode::CREATED);
    assert_eq!(bought.etag.as_deref(), Some("\"2\""));
    let expected = json!({
        "status": "partially-filled", "executed": "1", "remaining": "0.5",
        "executedValue": "60000", "averagePrice": "60000"
    });
    holds(&bought.body, &expected);
    let fill = json!([{"number": 1, "price": "60000", "quantity": "1", "fee": "150"}]);
    assert_eq!(bought.body["fills"], fill, "a taker pays 25 basis points");

    // Ada holds for half a BTC at 60,500 and the taker's fee on it; bob paid 10 basis points.
    let position = Some(bought.position());
    let (_, ada) = client.get("/api/v3/accounts/ada", position).await;
    assert_eq!(balance(&ada, "EUR"), ("909524.38".to_owned(), "30325.62".to_owned()));
    assert_eq!(balance(&ada, "BTC"), ("101".to_owned(), "0".to_owned()));
    let (_, bob) = client.get("/api/v3/accounts/bob", position).await;
    assert_eq!(balance(&bob, "EUR"), ("1059940".to_owned(), "0".to_owned()));
    assert_eq!(balance(&bob, "BTC"), ("99".to_owned(), "0".to_owned()));
    let (status, offer) = client.get(&order_path(offered.order_id()), position).await;
    assert_eq!((status, &offer["status"]), (StatusCode::OK, &json!("executed")));
    order_path(bought.order_id())
}

/// An amendment that knows an older version is refused; one that knows the newest is taken.
async fn amend(client: &Client, order: &str) {
    let price = json!({"account": "ada", "price": "60400"});
    let stale = client.ask_market(Method::PATCH, order, Some(&price), &[("If-Match", "\"1\"")]);
    let stale = stale.await.unwrap();
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale:?}");
    assert_eq!(stale.body["reason"], "version-mismatch");
    let amended = client.ask_market(Method::PATCH, order, Some(&price), &[("If-Match", "\"2\"")]);
    let amended = amended.await.unwrap();
    assert_eq!(amended.status, StatusCode::OK, "{amended:?}");
    holds(&amended.body, &json!({"version": 3, "price": "60400", "remaining": "0.5"}));
    let (_, book) =
        client.get(&format!("/api/v3/orderbook/{SYMBOL}"), Some(amended.position())).await;
    assert_eq!(book["bids"], json!([{"price": "60400", "quantity": "0.5", "orders": 1}]));
    let mallory = json!({"account": "bob", "price": "1"});
    let refused = client.ask_market(Method::PATCH, order, Some(&mallory), &[("Prefer", "wait=10")]);
    assert_eq!(refused.await.unwrap().status, StatusCode::NOT_FOUND, "it is not bob's");
}

async fn fill_or_kill(client: &Client) {
    let order = with(limit("bob", "sell", "60000", "2"), "timeInForce", "fill-or-kill");
    refused(client, &order, "cannot-fill-whole").await;
    let order = with(limit("bob", "sell", "60000", "0.1"), "timeInForce", "fill-or-kill");
    let filled = client.trade(&order).await;
    holds(&filled.body, &json!({"status": "executed", "executed": "0.1", "averagePrice": "60400"}));
}

async fn post_only(client: &Client) {
    let order = with(limit("bob", "sell", "60400", "0.1"), "timeInForce", "post-only");
    refused(client, &order, "would-take").await;
    let order = with(limit("bob", "sell", "60400", "0.1"), "timeInForce", "post-only-slide");
    let slid = client.trade(&order).await;
    holds(&slid.body, &json!({"status": "new", "price": "60400.5", "remaining": "0.1"}));
}

/// Ada would sell to herself: what is newer is cancelled, unless she says otherwise.
async fn self_trade(client: &Client) {
    let newest = client.trade(&limit("ada", "sell", "60400", "0.1")).await;
    holds(&newest.body, &json!({"status": "cancelled", "cancelledBy": "self-trade", "fills": []}));
    let both = with(limit("ada", "sell", "60400", "0.1"), "selfTrade", "decrement");
    let decremented = client.trade(&both).await;
    holds(&decremented.body, &json!({"status": "cancelled", "cancelledBy": "self-trade"}));
}

/// What is left of ada's order (0.5, less 0.1 that bob took and 0.1 that she took away herself).
async fn cancel(client: &Client, order: &str) {
    let path = format!("{order}?account=ada");
    let wait = [("Prefer", "wait=10")];
    let cancelled = client.ask_market(Method::DELETE, &path, None, &wait).await.unwrap();
    assert_eq!(cancelled.status, StatusCode::OK, "{cancelled:?}");
    holds(
        &cancelled.body,
        &json!({"status": "closed", "executed": "1.1", "cancelledBy": "member"}),
    );
    let late = client.ask_market(Method::DELETE, &path, None, &wait).await.unwrap();
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(late.body["reason"], "not-cancellable");
    assert!(late.body["detail"].as_str().unwrap().contains("1.1 BTC were filled"), "{late:?}");
}

async fn refusals(client: &Client) {
    for (order, reason) in [
        (limit("ada", "buy", "60000.25", "1"), "tick"),
        (limit("ada", "buy", "60000", "0.03"), "lot"),
        (limit("ada", "buy", "1", "0.02"), "notional"),
        (limit("ada", "buy", "60000", "100"), "insufficient-funds"),
        (limit("nobody", "buy", "60000", "1"), "unknown-account"),
        (with(limit("ada", "buy", "60000", "1"), "symbol", "ETH-EUR"), "unknown-symbol"),
    ] {
        refused(client, &order, reason).await;
    }
}

/// The same command with the same key is one order; with another body it is refused.
async fn sent_again(client: &Client) {
    let key = [("Idempotency-Key", "bid-1"), ("Prefer", "wait=10")];
    let order = limit("ada", "buy", "100", "1");
    let send = async |order: &Value| {
        client.ask_market(Method::POST, "/api/v3/order", Some(order), &key).await.unwrap()
    };
    let first = send(&order).await;
    let second = send(&order).await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!((second.status, second.order_id()), (StatusCode::CREATED, first.order_id()));
    let other = send(&limit("ada", "buy", "101", "1")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{other:?}");
    assert!(other.body["type"].as_str().unwrap().contains("idempotency-key-reused"));
}

async fn halt_and_resume(client: &Client) -> order_domain::Position {
    let turn = async |what: &str| {
        let path = format!("/api/v3/instruments/{SYMBOL}/{what}");
        let wait = [("Prefer", "wait=10")];
        client.ask_market(Method::POST, &path, None, &wait).await.unwrap()
    };
    let halted = turn("halt").await;
    assert_eq!(halted.status, StatusCode::OK, "{halted:?}");
    refused(client, &limit("ada", "buy", "60000", "1"), "halted").await;
    let resumed = turn("resume").await;
    assert_eq!(resumed.status, StatusCode::OK, "{resumed:?}");
    resumed.position()
}

/// What the market did, as it is read afterwards.
async fn history(client: &Client) {
    let get = async |path: String| {
        let (status, body) = client.get(&path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    };
    let trades = get(format!("/api/v3/trades/{SYMBOL}")).await;
    let numbers: Vec<_> =
        trades["trades"].as_array().unwrap().iter().map(|t| &t["number"]).collect();
    assert_eq!(numbers, [2, 1], "newest first");
    let ticker = get(format!("/api/v3/ticker/{SYMBOL}")).await;
    let expected =
        json!({"last": "60400", "open": "60000", "high": "60400", "low": "60000", "volume": "1.1"});
    holds(&ticker, &expected);
    let candles = get(format!("/api/v3/candles/{SYMBOL}?interval=1d")).await;
    let volumes =
        candles["candles"].as_array().unwrap().iter().map(|c| c["volume"].as_str().unwrap());
    assert!(
        ["1.1", "1,0.1"].contains(&volumes.collect::<Vec<_>>().join(",").as_str()),
        "{candles}"
    );
    let account = get("/api/v3/accounts/bob".to_owned()).await;
    holds(
        &account["statistics"][0],
        &json!({"symbol": SYMBOL, "sold": "1.1", "turnover": "66040"}),
    );
    let trades = client.all("/api/v3/accounts/bob/trades?", "trades").await;
    assert_eq!(trades.len(), 2);
    let rejected = client.all("/api/v3/orders?status=rejected&account=ada", "orders").await;
    assert!(rejected.iter().any(|order| order["reason"] == "insufficient-funds"), "{rejected:?}");
    let instruments = get("/api/v3/instruments".to_owned()).await;
    holds(&instruments["instruments"][0], &json!({"symbol": SYMBOL, "state": "trading"}));
}

async fn refused(client: &Client, order: &Value, reason: &str) {
    let answer = client.trade(order).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{order}: {answer:?}");
    assert_eq!(answer.body["reason"], reason, "{order}: {answer:?}");
}

/// `found` has all these fields, and perhaps others.
fn holds(found: &Value, expected: &Value) {
    for (field, value) in expected.as_object().expect("an object") {
        assert_eq!(&found[field], value, "{field} of {found}");
    }
}

fn order_path(id: &str) -> String {
    format!("/api/v3/order/{id}")
}

/// Available and held.
fn balance(account: &Value, asset: &str) -> (String, String) {
    let lines = account["balances"].as_array().unwrap_or_else(|| panic!("{account}"));
    let of_asset = lines.iter().find(|line| line["asset"] == asset).expect("it has some");
    let text = |field: &str| of_asset[field].as_str().expect("a text").to_owned();
    (text("available"), text("held"))
}
