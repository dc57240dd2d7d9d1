//! Whatever is sent, the answer is a problem that says what is wrong, and nothing is asked of the market.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::market::{Market, btc_eur, limit, market, with};
use crate::shop::Shop;

const ID: &str = "0199f6f2-8e5c-7c3a-9d1e-3f0f3f6f2a11";

fn without(body: &Value, name: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().remove(name).unwrap();
    body
}

#[tokio::test]
async fn a_wrong_field_of_an_order_is_told_with_its_pointer() {
    let api = Market::without_engine(Shop::open());
    let order = limit("ada", "buy", "1", "100");
    for (body, pointer, detail) in [
        (json!([]), "", "an object"),
        (without(&order, "account"), "/account", "missing field"),
        (without(&order, "price"), "/price", "missing field"),
        (with(&order, "price", Value::Null), "/price", "missing field"),
        (without(&order, "quantity"), "/quantity", "missing field"),
        (with(&order, "account", "a b"), "/account", "an account is 1 to 64"),
        (with(&order, "symbol", "btc"), "/symbol", "a symbol is 1 to 32"),
        (with(&order, "side", "hold"), "/side", "`buy` or `sell`"),
        (with(&order, "type", "stop"), "/type", "`limit` or `market`"),
        (with(&order, "price", "1,5"), "/price", "decimal number"),
        (with(&order, "price", true), "/price", "decimal number"),
        (with(&order, "quantity", "1e30"), "/quantity", "18 digits"),
        (with(&order, "timeInForce", "for-ever"), "/timeInForce", "good-till-cancelled"),
        (with(&order, "selfTrade", "never"), "/selfTrade", "cancel-newest"),
        (with(&order, "clientOrderId", ""), "/clientOrderId", "1 to 64 visible"),
        (with(&order, "timeInforce", "fill-or-kill"), "/timeInforce", "unknown field"),
        (with(&market("ada", "buy", "1"), "timeInForce", "post-only"), "/timeInForce", "immediate"),
    ] {
        let answer = api.post("/order", &body, &[]).await;
        assert_eq!((answer.status, answer.kind()), (422, "invalid-field"), "{answer:?}");
        assert_eq!(answer.body["pointer"], pointer, "{answer:?}");
        assert!(answer.body["detail"].as_str().unwrap().contains(detail), "{answer:?}");
    }
    assert!(api.asked().is_empty());
}

#[tokio::test]
async fn a_wrong_field_of_anything_else_is_told_too() {
    let api = Market::without_engine(Shop::open());
    let order = format!("/order/{ID}");
    for (method, path, body, pointer) in [
        ("PATCH", order.as_str(), json!({ "price": "x" }), "/price"),
        ("PATCH", &order, json!({ "quantity": [] }), "/quantity"),
        ("PATCH", &order, json!({ "account": 7 }), "/account"),
        ("PATCH", &order, json!({ "symbol": "BTC-EUR" }), "/symbol"),
        ("POST", "/accounts", json!({}), "/account"),
        ("POST", "/accounts", json!({ "account": "ada", "deposits": [] }), "/deposits"),
        ("POST", "/accounts/ada/deposits", json!({ "asset": "eur", "amount": 1 }), "/asset"),
        ("POST", "/accounts/ada/withdrawals", json!({ "asset": "EUR" }), "/amount"),
        // Names that no path could hold.
        ("POST", "/accounts", json!({ "account": ".." }), "/account"),
        ("POST", "/instruments", with(&btc_eur(), "symbol", "."), "/symbol"),
        ("POST", "/instruments", without(&btc_eur(), "takerFee"), "/takerFee"),
        ("POST", "/instruments", with(&btc_eur(), "base", json!(["BTC", 8])), "/base"),
        (
            "POST",
            "/instruments",
            with(&btc_eur(), "quote", json!({ "code": "EUR" })),
            "/quote/scale",
        ),
        ("POST", "/instruments", with(&btc_eur(), "priceBand", -1), "/priceBand"),
        // Whose it is says the query string: here it would not be looked at.
        ("DELETE", &order, json!({ "account": "bob" }), ""),
    ] {
        let answer = api.ask(method, path, &body, &[]).await;
        assert_eq!((answer.status, answer.kind()), (422, "invalid-field"), "{answer:?}");
        assert_eq!(answer.body["pointer"], pointer, "{answer:?}");
    }
    assert!(api.asked().is_empty());
}

#[tokio::test]
async fn a_wrong_path_or_query_is_told_with_the_parameter() {
    let api = Market::without_engine(Shop::open());
    let funds = json!({ "asset": "EUR", "amount": 1 });
    for (method, path, body, kind, parameter) in [
        ("PATCH", "/order/7", json!({ "price": 1 }), "invalid-parameter", "id"),
        ("DELETE", "/order/7", Value::Null, "invalid-parameter", "id"),
        (
            "DELETE",
            "/order/0199f6f28e5c7c3a9d1e3f0f3f6f2a11",
            Value::Null,
            "invalid-parameter",
            "id",
        ),
        (
            "DELETE",
            &format!("/order/{ID}?account=a%20b"),
            Value::Null,
            "invalid-parameter",
            "account",
        ),
        ("DELETE", &format!("/order/{ID}?acount=ada"), Value::Null, "unknown-parameter", "acount"),
        (
            "PATCH",
            &format!("/order/{ID}?account=bob"),
            json!({ "price": 1 }),
            "unknown-parameter",
            "account",
        ),
        ("POST", "/instruments/BTC-EUR/halt?x=1", Value::Null, "unknown-parameter", "x"),
        ("DELETE", "/orders", Value::Null, "invalid-parameter", "account"),
        ("DELETE", "/orders?account=ada&account=bob", Value::Null, "invalid-parameter", "account"),
        ("DELETE", "/orders?account=ada&symbol=btc", Value::Null, "invalid-parameter", "symbol"),
        ("POST", "/instruments/btc/halt", Value::Null, "invalid-parameter", "symbol"),
        ("POST", "/instruments/%ff/resume", Value::Null, "invalid-parameter", "symbol"),
        ("POST", "/accounts/a%20b/deposits", funds.clone(), "invalid-parameter", "id"),
        ("POST", "/accounts/a:b/withdrawals", funds, "invalid-parameter", "id"),
    ] {
        let answer = api.ask(method, path, &body, &[]).await;
        assert_eq!((answer.status, answer.kind()), (400, kind), "{answer:?}");
        assert_eq!(answer.body["parameter"], parameter, "{answer:?}");
    }
    assert!(api.asked().is_empty());
}

#[tokio::test]
async fn headers_and_bodies_have_the_rules_of_every_dialect() {
    let api = Market::without_engine(Shop::open());
    let order = limit("ada", "buy", "1", "100");
    let bad_key = api.post("/order", &order, &[("idempotency-key", "a b")]).await;
    assert_eq!((bad_key.status, bad_key.kind()), (400, "invalid-header"));
    let no_body = api.post("/order", &Value::Null, &[]).await;
    assert_eq!((no_body.status, no_body.kind()), (415, "unsupported-media-type"));
    let long = with(&order, "clientOrderId", "x".repeat(300_000));
    let too_large = api.post("/order", &long, &[]).await;
    assert_eq!((too_large.status, too_large.kind()), (413, "body-too-large"));
    let wrong_method = api.ask("PUT", "/order", &order, &[]).await;
    assert_eq!((wrong_method.status, wrong_method.kind()), (405, "method-not-allowed"));
    assert!(api.asked().is_empty());
}

/// Some value for a field, most often one that makes no sense.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn no_value_makes_the_server_fail(
        field in prop::sample::select(vec![
            "account", "symbol", "side", "type", "price", "quantity", "timeInForce", "selfTrade",
            "clientOrderId", "other",
        ]),
        value in value(),
        if_match in prop::option::of("[ -~]{0,8}"),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let order = with(&limit("ada", "buy", "1", "100"), field, value.clone());
        let api = Market::without_engine(Shop::with(&[("wait_max_ms", "0")]));
        let answer = runtime.block_on(api.post("/order", &order, &[]));
        prop_assert!([202, 422].contains(&answer.status), "{answer:?}");
        prop_assert_eq!(answer.status == 202, api.asked().len() == 1);
        let headers: Vec<_> =
            if_match.iter().map(|tag| ("if-match", tag.as_str().trim())).collect();
        let amendment = json!({ "price": value });
        let answer = runtime.block_on(api.amend(ID, &amendment, &headers));
        prop_assert!([202, 400, 412, 422].contains(&answer.status), "{answer:?}");
    }
}
