//! Two running instances are compared by what they say they came to.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::program::Desk;

/// One partition with these venues, as `GET /state` tells it.
fn partition(partition: u32, venues: &[(&str, u64, &str)]) -> Value {
    let orders: u64 = venues.iter().map(|(_, orders, _)| orders).sum();
    let venues: Vec<_> = venues
        .iter()
        .map(|(venue, orders, hash)| json!({"venue": venue, "orders": orders, "hash": hash}))
        .collect();
    json!({"partition": partition, "nextSource": orders, "venues": venues})
}

fn state(partitions: &[Value]) -> (StatusCode, Value) {
    (StatusCode::OK, json!({"outcomeHash": "h", "orders": 0, "partitions": partitions}))
}

/// A server that answers `GET /state` with one after the other, and then with the last for ever.
fn instance(answers: Vec<(StatusCode, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = move || {
        let turn = asked.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        let (status, body) = answers[turn].clone();
        async move { (status, Json(body)) }
    };
    let router = Router::new().route("/state", get(answer));
    std::thread::spawn(move || {
        crate::program::block_on(async {
            listener.set_nonblocking(true).expect("a socket's setting");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    format!("http://{address}")
}

#[test]
fn equal_instances_are_equal_however_their_venues_are_spread() {
    let desk = Desk::new();
    let one = instance(vec![state(&[partition(0, &[("shop/1", 3, "a"), ("shop/2", 4, "b")])])]);
    let two = instance(vec![state(&[
        partition(0, &[("shop/2", 4, "b")]),
        partition(1, &[("shop/1", 3, "a")]),
    ])]);
    let said = desk.run(&["verify", &one, "--against", &two]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "equal: 7 orders in 2 venues\n"),
        "{}",
        said.err
    );
    let apart = [
        instance(vec![state(&[partition(0, &[("shop/1", 3, "a")])])]),
        instance(vec![state(&[partition(1, &[("shop/2", 4, "b")])])]),
    ];
    let said = desk.run(&["verify", &one, "--against", &apart.join(",")]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let said = desk.run(&["verify", &one, "--against", &format!("{},{}", apart[0], apart[0])]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("partition 0 is told of by two processes"), "{}", said.err);
}

#[test]
fn the_first_venue_that_differs_is_named() {
    let desk = Desk::new();
    let venues = [("shop/1", 3, "a"), ("shop/2", 4, "b"), ("shop/3", 5, "c")];
    let one = instance(vec![state(&[partition(0, &venues)])]);
    let venues = [("shop/1", 3, "a"), ("shop/2", 4, "B"), ("shop/4", 5, "c")];
    let two = instance(vec![state(&[partition(0, &venues)])]);
    let said = desk.run(&["verify", &one, "--against", &two]);
    assert_eq!(said.code, Some(3), "{}", said.err);
    let expected = "3 of 4 venues differ\n12 orders in the first, 12 in the second\n\
                    first: venue shop/2: 4 orders with hash b in the first, \
                    4 orders with hash B in the second\n\
                    as many orders: they came in another order, or to something else\n";
    assert_eq!(said.out, expected);
    let said = desk.run(&["verify", &one, "--against", &two, "--json"]);
    let found: Value = serde_json::from_str(&said.out).expect("JSON");
    let first = json!({
        "venue": "shop/2", "recorded": {"orders": 4, "hash": "b"}, "now": {"orders": 4, "hash": "B"}
    });
    assert_eq!((&found["different"], &found["first"]), (&json!(3), &first));
}

#[test]
fn what_is_still_on_its_way_is_waited_for() {
    let desk = Desk::new();
    let whole = state(&[partition(0, &[("shop/1", 9, "z")])]);
    let one = instance(vec![whole.clone()]);
    let busy = (StatusCode::SERVICE_UNAVAILABLE, json!({"type": "engine-busy"}));
    let behind = |orders| state(&[partition(0, &[("shop/1", orders, "y")])]);
    let two = instance(vec![behind(1), busy, behind(2), behind(3), whole]);
    let said = desk.run(&["verify", &one, "--against", &two]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
}

#[test]
fn what_can_not_be_compared_is_said() {
    let desk = Desk::new();
    let one = instance(vec![state(&[])]);
    let other = instance(vec![(StatusCode::NOT_FOUND, json!({}))]);
    let no_state = instance(vec![(StatusCode::OK, json!({"hello": "world"}))]);
    for (arguments, code, reason) in [
        (vec!["verify", &one], 2, "an instance is compared with another"),
        (vec!["verify", &one, "--against", "archive"], 2, "one is an archive"),
        (vec!["verify", "archive", "--against", &one], 2, "one is an archive"),
        (vec!["verify", &one, "--against", &one, "--ignore", "$.a"], 2, "this is for archives"),
        (vec!["verify", "http://", "--against", &one], 2, "it is no URL"),
        (vec!["verify", &one, "--against", &other], 1, "answers 404 Not Found to GET /state"),
        (vec!["verify", &one, "--against", &no_state], 1, "is no Seriatim"),
        (vec!["verify", &one, "--against", "http://127.0.0.1:1"], 1, "does not answer"),
    ] {
        let said = desk.run(&arguments);
        assert_eq!(said.code, Some(code), "{arguments:?}: {}", said.err);
        assert!(said.err.contains(reason), "{arguments:?}: {}", said.err);
    }
}
