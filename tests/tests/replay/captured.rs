//! Live traffic, captured in front of one instance and sent again to another: what came out differently is
//! told, request by request.

use reqwest::StatusCode;
use serde_json::json;
use tests::{Client, House, Profile, purchase};

use crate::desk::Desk;

/// How many purchases pass.
const PURCHASES: u64 = 40;
/// Every so often one is wrong.
const WRONG_EVERY: u64 = 10;

/// Purchases by several customers, each answered with what it came to.
async fn passes(client: &Client) {
    for number in 1..=PURCHASES {
        let mut order = purchase(number % 7, 100 + number);
        let mut expected = StatusCode::CREATED;
        if number.is_multiple_of(WRONG_EVERY) {
            order["totalPrice"] = json!("0.01");
            expected = StatusCode::UNPROCESSABLE_ENTITY;
        }
        let key = format!("live-{number}");
        let headers = [("Idempotency-Key", key.as_str()), ("Prefer", "wait=30")];
        let answer = client.post(&order, &headers).await.expect("an answer");
        assert_eq!(answer.status(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn captured_traffic_is_answered_the_same_again() {
    let desk = Desk::new();
    let houses = [0, 1, 2].map(|_| House::new(Profile::Embedded).expect("it needs nothing"));
    let [live, same, other] = houses.each_ref().map(House::start);
    let capture = ["capture", "--listen", "127.0.0.1:0", "--to", live.url(), "--archive", "live"];
    let capture = desk.starts(&[&capture[..], &["--key", "json:customerId"]].concat());
    let client = Client::of(&format!("http://{}", capture.says("capturing ")));
    for instance in [&live, &same, &other] {
        Client::of(instance.url()).wait_ready().await;
    }
    passes(&client).await;
    let ended = capture.stops();
    assert!(ended.status.success(), "{ended:?}");

    let serialout = ["serialout", "live", "--order", "global", "--max", "--outcomes"];
    // Where a command stands in the log depends on all that stands there.
    let verify = ["verify", "live", "--ignore", "$.position", "--run"];
    desk.succeeds(&[&serialout[..], &["same.jsonl", "--target", same.url()]].concat());
    let found = desk.json(&[&verify[..], &["same.jsonl"]].concat());
    assert_eq!(
        (&found["compared"], &found["different"]),
        (&json!(PURCHASES), &json!(0)),
        "{found}"
    );

    let skipping = ["other.jsonl", "--target", other.url(), "--skip", "1"];
    desk.succeeds(&[&serialout[..], &skipping].concat());
    let output = desk.run(&[&verify[..], &["other.jsonl"]].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1  not sent"), "{said}");
}
