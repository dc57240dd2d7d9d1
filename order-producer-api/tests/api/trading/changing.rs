//! `PATCH` and `DELETE`: what members hear of what they change.

use serde_json::{Value, json};

use super::market::{Market, WAIT, limit};
use crate::shop::Answer;

#[track_caller]
fn refused(answer: &Answer, status: u16, kind: &str, reason: &str) {
    assert_eq!((answer.status, answer.kind()), (status, kind), "{answer:?}");
    assert_eq!(answer.body["reason"], reason, "{answer:?}");
    assert!(answer.header("seriatim-position").is_some());
}

fn if_match(tag: &str) -> [(&str, &str); 1] {
    [("if-match", tag)]
}

#[tokio::test]
async fn an_amended_order_tells_where_it_stands() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "2", "100")).await;
    let less = market.amend(&id, &json!({ "quantity": "1.5" }), &[WAIT]).await;
    assert_eq!(less.status, 200, "{less:?}");
    assert_eq!((&less.body["version"], &less.body["remaining"]), (&json!(2), &json!("1.5")));
    assert_eq!(less.body["price"], "100");
    assert_eq!(less.header("etag"), Some("\"2\""));
    assert_eq!(less.header("location").unwrap(), format!("/api/v3/order/{id}"));

    market.placed(&limit("bob", "sell", "1", "105")).await;
    let higher = market.amend(&id, &json!({ "price": 105 }), &[WAIT]).await;
    assert_eq!(higher.body["status"], "partially-filled", "{higher:?}");
    assert_eq!(higher.body["fills"][0]["price"], "105");
    assert_eq!((&higher.body["executed"], &higher.body["remaining"]), (&json!("1"), &json!("0.5")));
}

#[tokio::test]
async fn a_cancelled_order_tells_what_was_filled() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    market.placed(&limit("bob", "sell", "0.4", "100")).await;
    let answer = market.cancel(&id, &[WAIT]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for (name, expected) in [
        ("status", json!("closed")),
        ("executed", json!("0.4")),
        ("remaining", json!("0")),
        ("cancelledBy", json!("member")),
        ("fills", json!([])),
    ] {
        assert_eq!(answer.body[name], expected, "{name}");
    }
    let again = market.cancel(&id, &[WAIT]).await;
    refused(&again, 422, "command-refused", "not-cancellable");
    assert!(again.body["detail"].as_str().unwrap().contains("0.4 BTC were filled for 40 EUR"));
}

#[tokio::test]
async fn a_change_that_names_a_version_waits_and_is_a_412_where_the_order_has_moved_on() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    market.placed(&limit("bob", "sell", "0.4", "100")).await;
    let price = json!({ "price": "101" });
    for stale in [
        market.amend(&id, &price, &if_match("\"1\"")).await,
        market.cancel(&id, &if_match("\"1\"")).await,
    ] {
        refused(&stale, 412, "version-mismatch", "version-mismatch");
        assert!(stale.body["detail"].as_str().unwrap().contains("0.4 BTC were executed"));
        // It waited without being asked to.
        assert_eq!(stale.header("preference-applied"), None);
    }
    let amended = market.amend(&id, &price, &if_match("\"2\"")).await;
    assert_eq!((amended.status, amended.header("etag")), (200, Some("\"3\"")), "{amended:?}");
    let tag = amended.header("etag").unwrap();
    assert_eq!(market.cancel(&id, &if_match(tag)).await.status, 200);
}

#[tokio::test]
async fn a_star_matches_every_version_of_an_order_that_is_there() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    assert_eq!(market.amend(&id, &json!({ "price": "99" }), &if_match("*")).await.status, 200);
    assert_eq!(market.cancel(&id, &if_match("*")).await.status, 200);
}

#[tokio::test]
async fn a_tag_that_no_order_has_is_answered_at_once_and_asks_nothing() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    let before = market.asked().len();
    let weak = market.cancel(&id, &if_match("W/\"1\"")).await;
    assert_eq!((weak.status, weak.kind()), (412, "version-mismatch"));
    let malformed = market.amend(&id, &json!({ "price": "99" }), &if_match("1")).await;
    assert_eq!((malformed.status, malformed.kind()), (400, "invalid-header"));
    assert_eq!(malformed.body["header"], "if-match");
    assert_eq!(market.asked().len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_version_is_still_compared_where_nobody_waits_for_it() {
    let shop = crate::shop::Shop::open();
    let market = Market::without_engine(shop);
    let headers = [("if-match", "\"7\""), ("prefer", "wait=0")];
    let id = uuid::Uuid::from_u128(7).to_string();
    let begin = tokio::time::Instant::now();
    assert_eq!(market.cancel(&id, &headers).await.status, 202);
    assert_eq!(begin.elapsed().as_secs(), 0);
    let order_domain::trading::Request::CancelOrder(cancel) = &market.asked()[0].request else {
        panic!("{:?}", market.asked());
    };
    assert_eq!(cancel.if_version, Some(7));
    // Without an engine, the wait runs out.
    assert_eq!(market.cancel(&id, &if_match("\"7\"")).await.status, 202);
    assert_eq!(begin.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn an_order_that_is_not_there_or_is_anothers_is_a_404() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    let nobodys = uuid::Uuid::from_u128(7).to_string();
    let bobs = format!("{id}?account=bob");
    for answer in [
        market.cancel(&nobodys, &[WAIT]).await,
        market.cancel(&bobs, &[WAIT]).await,
        market.amend(&nobodys, &json!({ "price": "99" }), &[WAIT]).await,
        market.amend(&id, &json!({ "price": "99", "account": "bob" }), &[WAIT]).await,
    ] {
        refused(&answer, 404, "order-not-found", "unknown-order");
    }
    let amended = market.amend(&id, &json!({ "price": "99", "account": "ada" }), &[WAIT]).await;
    assert_eq!(amended.status, 200, "{amended:?}");
    assert_eq!(market.cancel(&format!("{id}?account=ada"), &[WAIT]).await.status, 200);
}

#[tokio::test]
async fn an_amendment_keeps_the_rules() {
    let market = Market::usual().await;
    let id = market.placed(&limit("ada", "buy", "1", "100")).await;
    for (amendment, reason) in [
        (json!({}), "invalid-amendment"),
        (json!({ "price": "100" }), "invalid-amendment"),
        (json!({ "quantity": 0 }), "invalid-amendment"),
        (json!({ "price": "100.5" }), "tick"),
        (json!({ "quantity": "0.015" }), "lot"),
        (json!({ "quantity": "0.05" }), "notional"),
        (json!({ "quantity": "1000" }), "insufficient-funds"),
    ] {
        let answer = market.amend(&id, &amendment, &[WAIT]).await;
        refused(&answer, 422, "command-refused", reason);
    }
}

#[tokio::test]
async fn all_orders_of_an_account_are_cancelled_and_told() {
    let market = Market::usual().await;
    let first = market.placed(&limit("ada", "buy", "1", "100")).await;
    let second = market.placed(&limit("ada", "buy", "1", "99")).await;
    market.placed(&limit("bob", "sell", "0.5", "100")).await;
    let bobs = market.placed(&limit("bob", "sell", "1", "200")).await;
    let all = |query: &'static str| {
        let market = &market;
        async move { market.ask("DELETE", &format!("/orders?{query}"), &Value::Null, &[WAIT]).await }
    };
    let answer = all("account=ada&symbol=BTC-EUR").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let expected = json!([
        { "orderId": first, "status": "closed", "executed": "0.5" },
        { "orderId": second, "status": "cancelled", "executed": "0" },
    ]);
    assert_eq!(answer.body["orders"], expected);
    assert_eq!(
        (&answer.body["account"], &answer.body["symbol"]),
        (&json!("ada"), &json!("BTC-EUR"))
    );
    assert_eq!(answer.body["more"], false);
    assert_eq!(answer.header("location"), Some("/api/v3/orders?account=ada&symbol=BTC-EUR"));
    assert_eq!(all("account=ada").await.body["orders"], json!([]));
    assert_eq!(market.cancel(&bobs, &[WAIT]).await.status, 200, "bob's is left");

    refused(&all("account=dave").await, 422, "command-refused", "unknown-account");
    refused(&all("account=ada&symbol=ETH-EUR").await, 422, "command-refused", "unknown-symbol");
}
