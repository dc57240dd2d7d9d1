//! The exact bodies that clients see.

use order_domain::event::OrderRejected;
use order_domain::{Event, Fingerprint, NewOrder, RejectionReason};
use order_producer_api::ProducerApi;
use serde_json::json;

use crate::shop::{Shop, parka, parka_with};

/// With a key the order's id is always the same.
const KEY: (&str, &str) = ("idempotency-key", "golden");

fn reject(order: &NewOrder) -> Event {
    let fingerprint = Fingerprint::of(order);
    let reason = RejectionReason::TotalMismatch;
    let detail = "the total is 241.00 EUR, the items cost 240.00 EUR".to_owned();
    Event::OrderRejected(OrderRejected { order: order.clone(), fingerprint, reason, detail })
}

#[tokio::test]
async fn a_receipt() {
    let answer = Shop::open().place(&parka(), &[KEY]).await;
    insta::assert_json_snapshot!(answer.body);
    let location = format!("/api/Orders/{}", answer.body["orderId"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(location.as_str()));
}

#[tokio::test]
async fn a_rejection() {
    let shop = Shop::open();
    shop.start_engine(reject);
    let answer =
        shop.place(&parka_with("/totalPrice", json!(241)), &[KEY, ("prefer", "wait=5")]).await;
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn an_invalid_field() {
    let answer = Shop::open().place(&parka_with("/orderItems/0/quantity", json!("1")), &[]).await;
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn malformed_json() {
    insta::assert_json_snapshot!(Shop::open().post("{\"customerId\":}", &[]).await.body);
}

#[test]
fn the_openapi_document() {
    insta::assert_json_snapshot!(ProducerApi::openapi());
}
