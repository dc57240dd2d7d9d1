//! Purchases as the HTTP requests that bring them about: the purchasing dialect.

use jiff::Timestamp;
use order_domain::NewOrder;
use order_domain::purchase::Item;
use order_domain::purchasing::{currency_type, payment_method_type};
use serde::Serialize;
use traffic_archive::Exchange;

use super::request;

/// The dialect's path for a new order.
const ORDER_PATH: &str = "/api/Order";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceOrder<'a> {
    customer_id: u64,
    customer_name: &'a str,
    customer_last_name: &'a str,
    customer_email: &'a str,
    shipping_address: &'a str,
    billing_address: &'a str,
    currency_type: u8,
    total_price: String,
    payment_method_type: u8,
    order_items: Vec<OrderItem<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderItem<'a> {
    item_code: &'a str,
    brand: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    size: &'a str,
    colour: &'a str,
    quantity: u32,
    price: String,
    currency_type: u8,
}

/// The request that makes the order.
pub(super) fn to_request(order: &NewOrder, at: Timestamp) -> Exchange {
    let mut exchange = request::request(at, "POST", ORDER_PATH, &order.venue);
    request::set_json(&mut exchange, &body(order));
    request::set_wishes(&mut exchange, order.idempotency_key.as_ref(), order.trace_parent.as_ref());
    exchange
}

fn body(order: &NewOrder) -> PlaceOrder<'_> {
    PlaceOrder {
        customer_id: order.customer.id.0,
        customer_name: &order.customer.name,
        customer_last_name: &order.customer.last_name,
        customer_email: &order.customer.email,
        shipping_address: &order.shipping_address,
        billing_address: &order.billing_address,
        currency_type: currency_type(order.currency()),
        total_price: order.total.decimal_text(),
        payment_method_type: payment_method_type(order.payment_method),
        order_items: order.items.iter().map(item).collect(),
    }
}

fn item(item: &Item) -> OrderItem<'_> {
    OrderItem {
        item_code: &item.item_code,
        brand: &item.brand,
        kind: &item.kind,
        size: &item.size,
        colour: &item.colour,
        quantity: item.quantity,
        price: item.price.decimal_text(),
        currency_type: currency_type(item.price.currency()),
    }
}
