//! Whatever is sent, the answer is a problem that says what is wrong.

use axum::body::Body;
use axum::http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shop::{Shop, parka, parka_with, parka_without};

#[tokio::test]
async fn malformed_json_is_told_with_line_and_column() {
    let shop = Shop::open();
    for (body, line, column) in [
        ("", 1, 0),
        ("{", 1, 1),
        ("{\n  \"customerId\": 7,\n  nonsense\n}", 3, 3),
        ("{\"customerId\": 07}", 1, 17),
        ("not json", 1, 2),
    ] {
        let answer = shop.post(body, &[]).await;
        assert_eq!((answer.status, answer.kind()), (400, "malformed-json"), "{body:?}");
        assert_eq!(answer.body["line"], line, "{answer:?}");
        assert_eq!(answer.body["column"], column, "{answer:?}");
    }
    let after_the_end = format!("{}}}", parka());
    assert_eq!(shop.post(after_the_end, &[]).await.kind(), "malformed-json");
    assert_eq!(shop.post(&b"{\"customerName\":\"\xff\"}"[..], &[]).await.kind(), "malformed-json");
    assert!(shop.commands().is_empty());
}

#[tokio::test]
async fn a_wrong_field_is_told_with_its_pointer() {
    let shop = Shop::open();
    let long = "x".repeat(513);
    let longer = "ü".repeat(1_025);
    for (order, pointer, detail) in [
        (json!([]), "", "an object"),
        (json!("text"), "", "an object"),
        (parka_without("", "customerName"), "/customerName", "missing field"),
        (parka_without("", "orderItems"), "/orderItems", "missing field"),
        (parka_without("/orderItems/0", "price"), "/orderItems/0/price", "missing field"),
        (parka_with("/customerId", json!(-1)), "/customerId", "u64"),
        (parka_with("/customerId", json!("7")), "/customerId", "u64"),
        (parka_with("/customerId", json!(1.5)), "/customerId", "u64"),
        (parka_with("/customerName", json!(null)), "/customerName", "a string"),
        (parka_with("/customerName", json!(long)), "/customerName", "512 bytes"),
        (parka_with("/customerEmail", json!("a\u{0}b")), "/customerEmail", "control characters"),
        (parka_with("/customerLastName", json!("a\u{85}b")), "/customerLastName", "control"),
        (parka_with("/shippingAddress", json!(longer)), "/shippingAddress", "2048 bytes"),
        (parka_with("/billingAddress", json!("a\nb")), "/billingAddress", "control characters"),
        (parka_with("/currencyType", json!(4)), "/currencyType", "1 (EUR)"),
        (parka_with("/currencyType", json!("EUR")), "/currencyType", "u64"),
        (parka_with("/paymentMethodType", json!(0)), "/paymentMethodType", "5 (invoice)"),
        (parka_with("/totalPrice", json!("1,5")), "/totalPrice", "decimal number"),
        (parka_with("/totalPrice", json!(true)), "/totalPrice", "decimal number"),
        (parka_with("/totalPrice", json!("0.001")), "/totalPrice", "2 decimal places"),
        (parka_with("/totalPrice", json!("1e30")), "/totalPrice", "18 digits"),
        (parka_with("/orderItems", json!({})), "/orderItems", "sequence"),
        (
            parka_with("/orderItems/0", json!(["1", "b", "t", "s", "c", 1, 1, 1])),
            "/orderItems/0",
            "an object",
        ),
        (parka_with("/orderItems/0/quantity", json!(-1)), "/orderItems/0/quantity", "u32"),
        (
            parka_with("/orderItems/0/quantity", json!(4_294_967_296_u64)),
            "/orderItems/0/quantity",
            "u32",
        ),
        (
            parka_with("/orderItems/0/price", json!(0.001)),
            "/orderItems/0/price",
            "2 decimal places",
        ),
        (parka_with("/orderItems/0/type", json!("\u{7f}")), "/orderItems/0/type", "control"),
        (
            parka_with("/orderItems/0/currencyType", json!(9)),
            "/orderItems/0/currencyType",
            "1 (EUR)",
        ),
    ] {
        let answer = shop.place(&order, &[]).await;
        assert_eq!((answer.status, answer.kind()), (422, "invalid-field"), "{answer:?}");
        assert_eq!(answer.body["pointer"], pointer, "{answer:?}");
        assert!(answer.body["detail"].as_str().unwrap().contains(detail), "{answer:?}");
    }
    assert!(shop.commands().is_empty());
}

#[tokio::test]
async fn what_the_engine_decides_passes() {
    let shop = Shop::open();
    let many: Vec<Value> = vec![parka()["orderItems"][0].clone(); 501];
    for order in [
        parka_with("/orderItems", json!([])),
        parka_with("/orderItems", many.into()),
        parka_with("/totalPrice", json!(1)),
        parka_with("/orderItems/0/quantity", json!(0)),
        parka_with("/orderItems/0/price", json!("-0.01")),
        parka_with("/orderItems/0/currencyType", json!(2)),
    ] {
        assert_eq!(shop.place(&order, &[]).await.status, 202);
    }
    assert_eq!(shop.commands().len(), 6);
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused_and_one_at_the_bound_is_read() {
    let shop = Shop::open();
    let fill = 262_144 - parka().to_string().len();
    let padded = |more: usize| format!("{}{}", parka(), " ".repeat(fill + more));
    assert_eq!(shop.post(padded(0), &[]).await.status, 202);
    let answer = shop.post(padded(1), &[]).await;
    assert_eq!((answer.status, answer.kind()), (413, "body-too-large"));
    assert_eq!(answer.body["bytesMax"], 262_144);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let endless = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    let answer = Shop::open().post(Body::from_stream(endless), &[]).await;
    assert_eq!((answer.status, answer.kind()), (408, "body-too-slow"));
}

#[tokio::test]
async fn only_json_is_taken() {
    let shop = Shop::open();
    for (media_type, coding, status) in [
        (Some("application/json"), None, 202),
        (Some("Application/JSON; charset=utf-8"), None, 202),
        (Some("application/json; x=y; CharSet=\"UTF8\""), None, 202),
        (Some("application/json; charset=iso-8859-1"), None, 415),
        (Some("application/json; charset=utf-16"), None, 415),
        (Some("application/json"), Some("identity"), 202),
        (Some("application/json"), Some("gzip"), 415),
        (Some("text/plain"), None, 415),
        (Some("application/jsonx"), None, 415),
        (None, None, 415),
    ] {
        let mut request = Request::post("/api/Order");
        for (name, value) in [("content-type", media_type), ("content-encoding", coding)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = shop.send(request.body(Body::from(parka().to_string())).unwrap()).await;
        assert_eq!(answer.status, status, "{media_type:?} {coding:?}");
        if status == 415 {
            assert_eq!(answer.kind(), "unsupported-media-type");
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let shop = Shop::open();
    let missing = shop.send(Request::get("/api/nowhere").body(Body::empty()).unwrap()).await;
    assert_eq!((missing.status, missing.kind()), (404, "not-found"));
    let wrong = shop.send(Request::put("/api/Order").body(Body::empty()).unwrap()).await;
    assert_eq!((wrong.status, wrong.kind()), (405, "method-not-allowed"));
    assert_eq!(wrong.header("allow"), Some("POST"));
}

#[tokio::test]
async fn a_bad_idempotency_key_is_refused_and_a_bad_trace_ignored() {
    let shop = Shop::open();
    let long = "k".repeat(256);
    for keys in [&["with space"][..], &[""], &[long.as_str()], &["a", "b"]] {
        let headers: Vec<_> = keys.iter().map(|key| ("idempotency-key", *key)).collect();
        let answer = shop.place(&parka(), &headers).await;
        assert_eq!((answer.status, answer.kind()), (400, "invalid-header"), "{keys:?}");
        assert_eq!(answer.body["header"], "idempotency-key");
    }
    assert!(shop.commands().is_empty());
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for traces in [&["nonsense"][..], &[trace, trace]] {
        let headers: Vec<_> = traces.iter().map(|trace| ("traceparent", *trace)).collect();
        assert_eq!(shop.place(&parka(), &headers).await.status, 202);
    }
    assert!(shop.commands().iter().all(|order| order.trace_parent.is_none()));
}

/// A valid order with one byte changed or bytes put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let valid = parka().to_string().into_bytes();
    let length = valid.len();
    (0..length, any::<u8>(), prop::collection::vec(any::<u8>(), 0..4)).prop_map(
        move |(index, byte, insert)| {
            let mut bytes = valid.clone();
            bytes[index] = byte;
            bytes.splice(index..index, insert);
            bytes
        },
    )
}

proptest! {
    #[test]
    fn no_bytes_make_the_server_fail(
        body in prop_oneof![mutated(), prop::collection::vec(any::<u8>(), 0..200)],
        key in prop::option::of("[ -~]{0,20}"),
        prefer in prop::option::of("[ -~]{0,20}"),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let headers: Vec<(&str, &str)> = [("idempotency-key", &key), ("prefer", &prefer)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?.trim())))
            .collect();
        let shop = Shop::with(&[("wait_max_ms", "0")]);
        let answer = runtime.block_on(shop.post(body, &headers));
        prop_assert!([202, 400, 422].contains(&answer.status), "{answer:?}");
        prop_assert_eq!(answer.status == 202, shop.commands().len() == 1);
    }
}
