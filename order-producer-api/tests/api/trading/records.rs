//! What stands on the log.

use event_log::topics::ORDERS;
use order_domain::trading::Request;
use serde_json::{Value, json};

use super::market::{Market, VENUE, limit};
use crate::shop::Shop;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn headers_of(market: &Market, number: usize) -> Vec<(String, String)> {
    let record = market.log.all(&ORDERS).remove(number);
    assert_eq!(record.key, VENUE);
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    record.headers.iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

fn expected(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_request_becomes_a_command_with_cloudevents_headers() {
    let market = Market::without_engine(Shop::open());
    let order = limit("ada", "buy", "1", "100");
    let answer = market.post("/order", &order, &[("traceparent", TRACE)]).await;
    let id = answer.body["orderId"].as_str().unwrap();
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", id),
        ("ce_source", "/order-producer-api"),
        ("ce_type", "seriatim.trading.PlaceOrder"),
        ("ce_subject", id),
        ("content-type", "application/json"),
        ("traceparent", TRACE),
    ];
    assert_eq!(headers_of(&market, 0), expected(&headers));
    let command = market.asked().remove(0);
    assert_eq!(command.command_id.0.get_version_num(), 7);
    assert_eq!(command.command_id.to_string(), id);
    assert_eq!(command.trace_parent.unwrap().as_str(), TRACE);

    // A cancel is about an order, but has an id of its own.
    let cancel = market.cancel(id, &[]).await;
    let command_id = cancel.body["commandId"].as_str().unwrap();
    assert_ne!(command_id, id);
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", command_id),
        ("ce_source", "/order-producer-api"),
        ("ce_type", "seriatim.trading.CancelOrder"),
        ("ce_subject", id),
        ("content-type", "application/json"),
    ];
    assert_eq!(headers_of(&market, 1), expected(&headers));

    // What is about no order has no subject.
    let open = market.post("/accounts", &json!({ "account": "ada" }), &[]).await;
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", open.body["commandId"].as_str().unwrap()),
        ("ce_source", "/order-producer-api"),
        ("ce_type", "seriatim.trading.OpenAccount"),
        ("content-type", "application/json"),
    ];
    assert_eq!(headers_of(&market, 2), expected(&headers));
}

#[tokio::test]
async fn a_command_that_is_sent_twice_is_two_events() {
    let shop = Shop::with(&[("idempotency_keys_max", "0")]);
    let market = Market::without_engine(shop);
    let key = [("idempotency-key", "k-1")];
    for _ in 0..2 {
        market.post("/order", &limit("ada", "buy", "1", "100"), &key).await;
    }
    let id = |number: usize, name: &str| {
        let headers = headers_of(&market, number);
        headers.into_iter().find(|(own, _)| own == name).unwrap().1
    };
    assert_eq!(id(0, "ce_subject"), id(1, "ce_subject"));
    assert_ne!(id(0, "ce_id"), id(1, "ce_id"));
}

#[tokio::test]
async fn a_market_may_have_another_name() {
    let variables = [("SERIATIM_TRADING__MARKET".to_owned(), "market/eu".to_owned())];
    let shop = Shop::over(std::sync::Arc::new(crate::memory_log::MemoryLog::new()), variables);
    let market = Market::without_engine(shop);
    market.post("/instruments/BTC-EUR/halt", &Value::Null, &[]).await;
    let command = market.asked().remove(0);
    assert_eq!(command.venue.as_str(), "market/eu");
    assert!(matches!(command.request, Request::HaltInstrument(_)));
}
