//! What stands on the log.

use event_log::topics::ORDERS;
use event_log::{NewRecord, RECORD_BYTES_MAX};
use order_domain::purchase::PaymentMethod;
use order_domain::{Currency, Money, ShopShards};
use order_producer_api::BODY_BYTES_LIMIT;
use serde_json::json;

use crate::shop::{Shop, parka, parka_with};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn an_order_becomes_a_command_with_cloudevents_headers() {
    let shop = Shop::open();
    let answer = shop.place(&parka(), &[("traceparent", TRACE)]).await;
    let record = shop.log.all(&ORDERS).remove(0);
    let order = shop.commands().remove(0);
    let id = order.order_id.to_string();
    let headers: Vec<_> = record
        .headers
        .iter()
        .map(|(name, value)| (name, String::from_utf8(value.to_vec()).unwrap()))
        .collect();
    let expected = [
        ("ce_specversion", "1.0"),
        ("ce_id", &id),
        ("ce_source", "/order-producer-api"),
        ("ce_type", "seriatim.NewOrder"),
        ("ce_subject", &id),
        ("content-type", "application/json"),
        ("traceparent", TRACE),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name, value.to_owned())));
    assert_eq!(record.key, order.venue.as_str());
    assert_eq!(order.venue, ShopShards::new(64).unwrap().venue_of(order.customer.id));
    assert_eq!(order.trace_parent.unwrap().as_str(), TRACE);
    assert_eq!(order.order_id.0.get_version_num(), 7);
    assert_eq!(order.total, Money::from_minor(24_000, Currency::Eur));
    assert_eq!(order.payment_method, PaymentMethod::Card);
    assert_eq!(order.shipping_address, "Agricolastrasse 35, München, Germany");
    assert_eq!(order.items[0].kind, "Parka");
    assert_eq!(answer.body["orderId"], id);
    assert_eq!(answer.header("seriatim-position"), Some(record.position.to_string().as_str()));
}

#[tokio::test]
async fn every_number_of_a_currency_and_payment_method_has_its_meaning() {
    let shop = Shop::open();
    for number in 1..=5 {
        let mut order = parka_with("/paymentMethodType", json!(number));
        order["currencyType"] = json!((number - 1) % 3 + 1);
        order["customerId"] = json!(7);
        assert_eq!(shop.place(&order, &[]).await.status, 202);
    }
    let found: Vec<_> = shop
        .commands()
        .iter()
        .map(|order| (order.payment_method.name(), order.currency().code()))
        .collect();
    let expected = [
        ("card", "EUR"),
        ("bank-transfer", "USD"),
        ("direct-debit", "GBP"),
        ("wallet", "EUR"),
        ("invoice", "USD"),
    ];
    assert_eq!(found, expected);
}

/// The body that grows most when it is translated: as many items as fit, short texts, amounts that
/// are short in the request and long in the record.
#[tokio::test]
async fn the_worst_body_fits_a_record() {
    let item = r#"{"itemCode":"","brand":"","type":"","size":"","colour":"","quantity":0,"price":-1e15,"currencyType":1}"#;
    let head = parka_with("/orderItems", json!([])).to_string();
    let count = (BODY_BYTES_LIMIT - head.len()) / (item.len() + 1);
    let items = vec![item; count].join(",");
    let body = head.replace("\"orderItems\":[]", &format!("\"orderItems\":[{items}]"));
    assert!(body.len() > BODY_BYTES_LIMIT - 200 && body.len() <= BODY_BYTES_LIMIT);
    let shop = Shop::open();
    assert_eq!(shop.post(body, &[]).await.status, 202);
    let record = shop.log.all(&ORDERS).remove(0);
    let size =
        NewRecord { key: record.key, payload: record.payload, headers: record.headers }.size();
    // The engine's answer repeats the order: it needs room, too.
    assert!(size < RECORD_BYTES_MAX / 2, "{size}");
}
