//! Targets that take connections and do nothing good with them. A load always ends, and says what it saw.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

use crate::run::load;

/// What somebody does with connections on a thread of its own. The first is that of the look whether anybody
/// is there.
fn target(mut take: impl FnMut(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        listener.incoming().for_each(|connection| take(connection.unwrap()));
    });
    url
}

const FOUR: [&str; 8] = ["--body", "{}", "--users", "2", "--requests", "4", "--for", "10m"];

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_is_given_up_after_the_timeout() {
    let mut held = Vec::new();
    let url = target(move |connection| held.push(connection));
    let (code, report) = load(&url, &[&FOUR[..], &["--timeout", "300ms"]].concat()).await;
    assert_eq!((code, report.requests.failed), (0, 4));
    assert_eq!(report.errors["timeout"], 4);
    assert!(report.latency_us.unwrap().min >= 300_000.0 * 0.99);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_closes_every_connection_has_lost_every_request() {
    // Behind a whole request, so that nobody can think that it was never sent.
    let url = target(|mut connection| {
        let _ = connection.read(&mut [0; 4_096]);
    });
    let (code, report) = load(&url, &[&FOUR[..], &["--slo", "errors<1%"]].concat()).await;
    assert_eq!((code, report.requests.failed), (99, 4));
    assert_eq!(report.errors["connection lost"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_and_no_http_at_all_are_no_answers() {
    for words in
        ["HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\nhalf", "SSH-2.0-OpenSSH_9.2\r\n"]
    {
        let url = target(move |mut connection| {
            let _ = connection.read(&mut [0; 4_096]);
            let _ = connection.write_all(words.as_bytes());
            let _ = connection.shutdown(Shutdown::Write);
            let _ = connection.read(&mut [0; 4_096]);
        });
        let (code, report) = load(&url, &FOUR).await;
        assert_eq!((code, report.requests.failed), (0, 4), "{words:?}");
        assert_eq!(report.errors["connection lost"], 4, "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_goes_away_refuses_everything_behind_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It is there for the look, and for nothing else.
    let gone = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let (code, report) =
        load(&url, &["--body", "{}", "--rate", "100/s", "--requests", "20", "--for", "10m"]).await;
    gone.join().unwrap();
    assert_eq!((code, report.requests.succeeded, report.requests.failed), (0, 0, 20));
    let kinds: Vec<_> = report.errors.keys().map(String::as_str).collect();
    assert!(kinds.iter().all(|kind| ["connect", "connection lost"].contains(kind)), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_far_beyond_the_target_ends_with_what_was_not_sent() {
    let mut held = Vec::new();
    let url = target(move |connection| held.push(connection));
    let rate = ["--body", "{}", "--rate", "1000000/s", "--for", "1s", "--connections", "1"];
    let (code, report) = load(&url, &[&rate[..], &["--timeout", "2s"]].concat()).await;
    let asked = report.load.unwrap().asked.unwrap();
    assert_eq!((code, report.requests.failed), (0, asked));
    assert!(report.errors["not sent"] >= asked - 1, "{:?}", report.errors);
    assert!(asked > 1, "{asked}");
}
