//! What is recorded, what is not, and in which order.

use std::time::Duration;

use replay::capture::Tally;
use tokio::net::TcpSocket;

use crate::bed::{Capturing, Target, answer_to, exchange, send, settings};

/// How long an answer is held back at least.
const HELD_BACK: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn request_and_response_are_recorded_without_what_is_secret() {
    let mut settings = settings(Target::start().await.address);
    settings.key = "json:customer.id".parse().expect("a rule");
    let capturing = Capturing::start(settings).await;
    let body = r#"{"customer":{"id":7},"secret":{"deep":1},"n":1.10}"#;
    let more = "content-type: application/json\r\nauthorization: Bearer t\r\nx-a: b\r\n";
    let answer = exchange(capturing.address, "POST", "/a?b=c&secret=d", more, body).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("session=1"), "{answer}");
    assert!(answer.ends_with(&format!(r#"{{"got":{},"secret":"s"}}"#, body.len())), "{answer}");
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 1, ..Tally::default() });
    let request = &entries[0].exchange;
    assert_eq!((request.method.as_str(), request.key.as_str()), ("POST", "7"));
    assert_eq!(request.path, "/a?b=c&secret=[redacted]");
    assert_eq!(
        request.body.text(),
        Some(r#"{"customer":{"id":7},"secret":"[redacted]","n":1.10}"#)
    );
    assert_eq!(request.header("authorization"), Some("[redacted]"));
    assert_eq!(request.header("x-a"), Some("b"));
    assert_eq!(request.header("connection"), None);
    let response = request.response.as_ref().expect("a response");
    assert_eq!(response.status, 200);
    assert_eq!(response.body.text(), Some(r#"{"got":50,"secret":"[redacted]"}"#));
    assert!(response.headers.contains(&("set-cookie".to_owned(), "[redacted]".to_owned())));
    assert!(response.elapsed_us.is_some_and(|us| us > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_is_that_of_the_requests_and_not_of_the_responses() {
    let target = Target::start().await;
    let capturing = Capturing::start(settings(target.address)).await;
    let address = capturing.address;
    let slow = tokio::spawn(async move { exchange(address, "GET", "/slow", "", "").await });
    target.slow_one_came().await;
    exchange(address, "GET", "/quick", "", "").await;
    tokio::time::sleep(HELD_BACK).await;
    target.let_slow_one_go();
    slow.await.expect("an answer");
    let (_, entries) = capturing.end().await;
    let paths: Vec<_> = entries.iter().map(|entry| entry.exchange.path.as_str()).collect();
    assert_eq!(paths, ["/slow", "/quick"]);
    let elapsed = entries[0].exchange.response.as_ref().and_then(|response| response.elapsed_us);
    assert!(elapsed.is_some_and(|us| u128::from(us) >= HELD_BACK.as_micros()), "{elapsed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_bodies_pass_whole_and_are_accounted_for() {
    let capturing = Capturing::start(settings(Target::start().await.address)).await;
    let long = "y".repeat(5 << 20);
    let answer = exchange(capturing.address, "POST", "/long", "", &long).await;
    assert!(answer.contains(&format!("\"got\":{}", long.len())), "{answer}");
    let answer = exchange(capturing.address, "GET", "/size/3000000", "", "").await;
    assert!(answer.len() > 3_000_000);
    let most = "z".repeat(64 << 10);
    exchange(capturing.address, "POST", "/most", "", &most).await;
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 2, too_long: 1, ..Tally::default() });
    let response = entries[0].exchange.response.as_ref().expect("a response");
    assert!(response.body.is_empty());
    let omitted = ("replay-body-omitted".to_owned(), "3000000".to_owned());
    assert!(response.headers.contains(&omitted), "{:?}", response.headers);
    assert_eq!(entries[1].exchange.body.text(), Some(most.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_go_away_leave_what_the_target_saw() {
    let target = Target::start().await;
    let capturing = Capturing::start(settings(target.address)).await;
    let half = "POST /half HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf";
    drop(send(capturing.address, half).await);
    let gone = send(capturing.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    target.slow_one_came().await;
    drop(gone);
    exchange(capturing.address, "GET", "/after", "", "").await;
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 2, unanswered: 1, never_sent: 1, ..Tally::default() });
    assert_eq!(entries[0].exchange.path, "/slow");
    assert_eq!(entries[0].exchange.outcome.as_deref(), Some("unanswered"));
    assert_eq!(entries[1].exchange.path, "/after");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_in_pieces_and_old_clients_are_recorded_like_others() {
    let capturing = Capturing::start(settings(Target::start().await.address)).await;
    let in_pieces = "POST /pieces HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                     transfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n\
                     3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n";
    let old = "POST /old HTTP/1.0\r\ncontent-length: 3\r\n\r\nold";
    for request in [in_pieces, old] {
        let answer = answer_to(capturing.address, request).await;
        assert!(answer.contains(" 200 OK") && answer.contains("\"got\":"), "{answer}");
    }
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { recorded: 2, ..Tally::default() });
    let bodies: Vec<_> = entries.iter().map(|entry| entry.exchange.body.text()).collect();
    assert_eq!(bodies, [Some("onetwo"), Some("old")]);
    for header in ["transfer-encoding", "expect", "content-length"] {
        assert_eq!(entries[0].exchange.header(header), None, "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_down_is_a_bad_gateway_and_no_history() {
    // Taken, so that nobody else gets it, but nobody listens.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let nobody = socket.local_addr().expect("an address");
    let capturing = Capturing::start(settings(nobody)).await;
    for body in ["", "body"] {
        let answer = exchange(capturing.address, "POST", "/a", "", body).await;
        assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
        assert!(answer.contains("target-unreachable"), "{answer}");
    }
    let (tally, entries) = capturing.end().await;
    assert_eq!(tally, Tally { never_sent: 2, ..Tally::default() });
    assert!(entries.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_fails_ends_the_capture() {
    let capturing = Capturing::start(settings(Target::start().await.address)).await;
    let archive = capturing.folder.path().join("archive");
    exchange(capturing.address, "GET", "/a", "", "").await;
    std::fs::remove_dir_all(&archive).expect("it is taken away");
    std::fs::write(&archive, "no folder").expect("a file");
    capturing.stop.cancel();
    let (_, summary) = capturing.task.await.expect("capture ends");
    assert!(summary.is_err(), "{summary:?}");
}
