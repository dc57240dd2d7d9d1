//! What happens when there is no room for what is to be recorded.

use std::net::SocketAddr;
use std::time::Duration;

use replay::capture::{CaptureSettings, Tally, WhenBehind};

use crate::bed::{Capturing, Target, exchange, settings};

/// Long enough for a request that does not wait to be answered.
const A_WHILE: Duration = Duration::from_millis(100);

/// Room for one request at a time.
fn narrow(target: SocketAddr, when_behind: WhenBehind) -> CaptureSettings {
    CaptureSettings { memory_bytes_max: 100 << 10, when_behind, ..settings(target) }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_requests_wait_and_none_is_missing() {
    let target = Target::start().await;
    let capturing = Capturing::start(narrow(target.address, WhenBehind::Wait)).await;
    let address = capturing.address;
    let slow = tokio::spawn(async move { exchange(address, "GET", "/slow", "", "").await });
    target.slow_one_came().await;
    let waits = tokio::spawn(async move { exchange(address, "GET", "/waits", "", "").await });
    tokio::time::sleep(A_WHILE).await;
    assert!(!waits.is_finished(), "it did not wait");
    target.let_slow_one_go();
    for answer in [slow.await, waits.await].map(|answer| answer.expect("an answer")) {
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 2, ..Tally::default() });
    let paths: Vec<_> = entries.iter().map(|entry| entry.exchange.path.as_str()).collect();
    assert_eq!(paths, ["/slow", "/waits"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_room_requests_pass_unrecorded_where_that_is_wanted() {
    let target = Target::start().await;
    let capturing = Capturing::start(narrow(target.address, WhenBehind::Pass)).await;
    let address = capturing.address;
    let slow = tokio::spawn(async move { exchange(address, "GET", "/slow", "", "").await });
    target.slow_one_came().await;
    let answer = exchange(address, "GET", "/passes", "", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    target.let_slow_one_go();
    slow.await.expect("an answer");
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 1, passed: 1, ..Tally::default() });
    assert_eq!(entries[0].exchange.path, "/slow");
}
