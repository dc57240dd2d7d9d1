//! `POST /api/v3/order`: what members hear of their orders.

use event_log::Record;
use order_domain::event::CommandDeadLettered;
use order_domain::{Decision, Event};
use serde_json::{Value, json};

use super::market::{Market, WAIT, limit, market, with};
use crate::shop::{Answer, Shop};

#[track_caller]
fn rejected(answer: &Answer, reason: &str) {
    assert_eq!((answer.status, answer.kind()), (422, "order-rejected"), "{answer:?}");
    assert_eq!(answer.body["reason"], reason, "{answer:?}");
    // It is durable and can be read.
    let location = format!("/api/v3/order/{}", answer.body["orderId"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(location.as_str()));
    assert!(answer.header("seriatim-position").is_some());
}

#[tokio::test]
async fn an_order_that_rests_is_new() {
    let market = Market::usual().await;
    let answer = market.place(&limit("ada", "buy", "2.5", "101")).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("preference-applied"), Some("wait=5"));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    for (name, expected) in [
        ("status", json!("new")),
        ("version", json!(1)),
        ("price", json!("101")),
        ("executed", json!("0")),
        ("remaining", json!("2.5")),
        ("executedValue", json!("0")),
        ("averagePrice", Value::Null),
        ("fills", json!([])),
    ] {
        assert_eq!(answer.body[name], expected, "{name}");
    }
    assert_eq!(market.has("ada", "EUR").await, ("9746.87".into(), "253.13".into()));
}

#[tokio::test]
async fn an_order_that_trades_hears_its_fills_in_order_and_its_average_price() {
    let market = Market::usual().await;
    market.placed(&limit("bob", "sell", "1", "100")).await;
    market.placed(&limit("bob", "sell", "1", "101")).await;
    let answer = market.place(&limit("ada", "buy", "2.5", "101")).await;
    assert_eq!(answer.body["status"], "partially-filled", "{answer:?}");
    assert_eq!((&answer.body["executed"], &answer.body["remaining"]), (&json!("2"), &json!("0.5")));
    assert_eq!(answer.body["executedValue"], "201");
    assert_eq!(answer.body["averagePrice"], "100.5");
    let fills = json!([
        { "number": 1, "price": "100", "quantity": "1", "fee": "0.25" },
        { "number": 2, "price": "101", "quantity": "1", "fee": "0.25" },
    ]);
    assert_eq!(answer.body["fills"], fills);
    assert_eq!(market.has("ada", "BTC").await.0, "12");
}

#[tokio::test]
async fn every_way_to_place_an_order_has_its_outcome() {
    let market = Market::usual().await;
    market.placed(&limit("bob", "sell", "1", "100")).await;
    let of = |time_in_force: &str, quantity: &str, price: &str| {
        with(&limit("ada", "buy", quantity, price), "timeInForce", time_in_force)
    };
    rejected(&market.place(&of("fill-or-kill", "2", "100")).await, "cannot-fill-whole");
    rejected(&market.place(&of("post-only", "1", "100")).await, "would-take");
    let slid = market.place(&of("post-only-slide", "1", "105")).await;
    assert_eq!((slid.status, &slid.body["price"]), (201, &json!("99")), "{slid:?}");
    let filled = market.place(&of("fill-or-kill", "0.5", "100")).await;
    assert_eq!((filled.status, &filled.body["status"]), (201, &json!("executed")), "{filled:?}");
    let cut = market.place(&of("immediate-or-cancel", "2", "100")).await;
    assert_eq!((cut.status, &cut.body["status"]), (201, &json!("closed")), "{cut:?}");
    assert_eq!(cut.body["cancelledBy"], "time-in-force");
    assert_eq!((&cut.body["executed"], &cut.body["remaining"]), (&json!("0.5"), &json!("0")));
}

#[tokio::test]
async fn a_market_order_may_have_a_worst_price() {
    let market_ = Market::usual().await;
    rejected(&market_.place(&market("ada", "buy", "1")).await, "no-liquidity");
    market_.placed(&limit("bob", "sell", "1", "100")).await;
    let worst = with(&market("ada", "buy", "1"), "price", "99");
    rejected(&market_.place(&worst).await, "no-liquidity");
    let order = with(&with(&worst, "price", 100), "timeInForce", "immediate-or-cancel");
    let answer = market_.place(&order).await;
    assert_eq!((answer.status, &answer.body["status"]), (201, &json!("executed")), "{answer:?}");
    assert_eq!(answer.body["price"], Value::Null);
}

#[tokio::test]
async fn who_meets_himself_chooses_what_happens() {
    let market = Market::usual().await;
    market.placed(&limit("ada", "sell", "1", "100")).await;
    let newest = market.place(&limit("ada", "buy", "1", "100")).await;
    assert_eq!(
        (&newest.body["status"], &newest.body["cancelledBy"]),
        (&json!("cancelled"), &json!("self-trade"))
    );
    let allow = with(&limit("ada", "buy", "1", "100"), "selfTrade", "allow");
    assert_eq!(market.place(&allow).await.body["status"], "executed");
}

#[tokio::test]
async fn every_rule_has_its_reason() {
    let market_ = Market::usual().await;
    let order = limit("ada", "buy", "1", "100");
    for (order, reason) in [
        (with(&order, "symbol", "ETH-EUR"), "unknown-symbol"),
        (with(&order, "account", "dave"), "unknown-account"),
        (with(&order, "price", "100.5"), "tick"),
        (with(&order, "price", "-1"), "tick"),
        (with(&order, "quantity", 0.015), "lot"),
        (with(&order, "quantity", "0"), "lot"),
        (with(&order, "quantity", "0.09"), "notional"),
        (with(&order, "quantity", 1000), "insufficient-funds"),
        (market("ada", "sell", "1"), "no-liquidity"),
    ] {
        rejected(&market_.place(&order).await, reason);
    }
    let named = with(&order, "clientOrderId", "mine-1");
    market_.placed(&named).await;
    rejected(&market_.place(&named).await, "duplicate-client-order-id");
    market_.post("/instruments/BTC-EUR/halt", &Value::Null, &[WAIT]).await;
    rejected(&market_.place(&order).await, "halted");
}

#[tokio::test]
async fn numbers_are_read_digit_by_digit() {
    let market = Market::usual().await;
    // The nearest double of this quantity is another number.
    let body = r#"{"account":"ada","symbol":"BTC-EUR","side":"buy","type":"limit","price":1,"quantity":9007199254740993}"#;
    let order: Value = serde_json::from_str(body).unwrap();
    let answer = market.place(&order).await;
    assert_eq!(answer.body["reason"], "lot", "{answer:?}");
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("9007199254740993"), "{detail}");
}

#[tokio::test]
async fn who_does_not_wait_hears_that_it_is_durable() {
    let market = Market::usual().await;
    let answer = market.post("/order", &limit("ada", "buy", "1", "100"), &[]).await;
    assert_eq!((answer.status, &answer.body["status"]), (202, &json!("accepted-for-processing")));
    assert_eq!(answer.header("preference-applied"), None);
    let id = answer.body["orderId"].as_str().unwrap();
    assert_eq!(answer.body["commandId"], id);
    assert_eq!(answer.header("location").unwrap(), format!("/api/v3/order/{id}"));
    assert_eq!(answer.header("seriatim-position"), answer.body["position"].as_str());
}

#[tokio::test]
async fn an_order_that_the_engine_cannot_read_is_told_so() {
    let shop = Shop::open();
    shop.decide_with(|_| {
        |record: &Record| {
            let cause = "unreadable".to_owned();
            let events = vec![Event::CommandDeadLettered(CommandDeadLettered { cause })];
            Decision { source: record.position, at: record.timestamp, events }
        }
    });
    let answer = Market::without_engine(shop).place(&limit("ada", "buy", "1", "100")).await;
    assert_eq!((answer.status, &answer.body["status"]), (202, &json!("dead-lettered")));
    assert_eq!(answer.header("preference-applied"), Some("wait=5"));
}
