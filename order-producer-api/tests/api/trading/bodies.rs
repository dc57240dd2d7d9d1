//! The exact bodies that members see.

use serde_json::json;

use super::market::{Market, WAIT, limit};

/// With a key the ids are always the same.
fn headers(key: &str) -> [(&str, &str); 2] {
    [("idempotency-key", key), WAIT]
}

#[tokio::test]
async fn an_order_that_traded() {
    let market = Market::usual().await;
    market.post("/order", &limit("bob", "sell", "1", "100"), &headers("maker")).await;
    let answer = market.post("/order", &limit("ada", "buy", "3", "101"), &headers("taker")).await;
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn a_rejected_order() {
    let market = Market::usual().await;
    let answer = market.post("/order", &limit("ada", "buy", "1000", "100"), &headers("k")).await;
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn an_amendment_that_lost_the_race() {
    let market = Market::usual().await;
    let order = market.post("/order", &limit("ada", "buy", "1", "100"), &headers("k")).await;
    market.placed(&limit("bob", "sell", "0.4", "100")).await;
    let headers = [("idempotency-key", "amend"), ("if-match", "\"1\"")];
    let amendment = json!({ "account": "ada", "price": "101" });
    let answer = market.amend(order.body["orderId"].as_str().unwrap(), &amendment, &headers).await;
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn a_deposit() {
    let market = Market::usual().await;
    let funds = json!({ "asset": "EUR", "amount": "0.50" });
    let answer = market.post("/accounts/ada/deposits", &funds, &headers("k")).await;
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn a_receipt() {
    let market = Market::usual().await;
    let key = [("idempotency-key", "k")];
    let answer = market.post("/order", &limit("ada", "buy", "1", "100"), &key).await;
    insta::assert_json_snapshot!(answer.body);
}
