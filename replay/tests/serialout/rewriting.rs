//! Requests that are changed on the way out, at a target that looks at what it gets.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use replay::load_sink::SinkSettings;
use sha2::Sha256;
use tokio::net::TcpListener;
use traffic_archive::{Exchange, Response};

use crate::bed::{Bed, at, sink, url};
use crate::results::latency;

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_answers_are_used_by_later_requests_of_the_key() {
    let answered = Response {
        status: 200,
        headers: Vec::new(),
        body: r#"{"id":"old"}"#.into(),
        elapsed_us: None,
    };
    let of = |key: &str, exchange: Exchange| Exchange { key: key.to_owned(), ..exchange };
    let place = Exchange { response: Some(answered), ..Exchange::new(at(0), "POST", "/orders") };
    let bed = Bed::with([
        of("a", place),
        of("a", Exchange::new(at(1), "GET", "/orders/old")),
        of("b", Exchange::new(at(2), "GET", "/orders/old")),
    ])
    .await;
    let rules =
        "[[ids]]\nname = 'order'\non = 'POST /orders'\nrecorded = 'body:/id'\nused = ['path']";
    std::fs::write(bed.path("rewrite.toml"), rules).unwrap();
    let sink = sink(SinkSettings {
        body: r#"{"id":"new"}"#.to_owned(),
        record: Some(bed.path("record")),
        faults: latency("20ms"),
        ..SinkSettings::default()
    })
    .await;
    let run = bed.run(&url(&sink), "--max --rewrite @rewrite.toml").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    tokio::time::timeout(Duration::from_mins(1), sink.stop()).await.unwrap().unwrap();
    let paths = |key: &str| -> Vec<String> {
        let record = bed.record().into_iter().filter(|line| line["key"] == key);
        record.map(|line| line["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths("a"), ["/orders", "/orders/new"]);
    assert_eq!(paths("b"), ["/orders/old"]);
    let none = bed.run("http://127.0.0.1:1", "--max --order none --rewrite @rewrite.toml").await;
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("needs --order key or global"), "{}", none.told());
}

/// Every user has a secret of their own; who is not known by name shares one.
const SIGNING: &str = r#"
[user]
at = "header:X-User"

[[credentials]]
user = "ada"
secret = "${ADAS_SECRET}"

[[credentials]]
user = "*"
secret = "anybody's"

[credentials.headers]
X-User = "guest"

[signing]
message = "{method} {path}?{query}\n{body}"
encoding = "base64"
put = "header:X-Signature"

[signing.headers]
X-Sequence = "{sequence}"
"#;

/// Takes what is signed with the secret of who sends it, and nothing else.
async fn strict(
    State(secrets): State<Arc<[(&str, &str)]>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = secrets.iter().find(|(user, _)| *user == text("x-user"));
    let Some((_, secret)) = secret else { return StatusCode::FORBIDDEN };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{method} {}?{}\n", uri.path(), uri.query().unwrap_or("")).as_bytes());
    mac.update(&body);
    let signature = BASE64.decode(text("x-signature")).unwrap_or_default();
    let numbered = text("x-sequence") == text("replay-sequence");
    let signed = mac.verify_slice(&signature).is_ok();
    if numbered && signed { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_checks_signatures_takes_those_of_every_user() {
    let of = |number: usize, user: &str| Exchange {
        headers: vec![("x-user".to_owned(), user.to_owned())],
        body: format!(r#"{{"n":{number}}}"#).into(),
        ..Exchange::new(at(number), "POST", format!("/api/Order?n={number}"))
    };
    let bed = Bed::with([of(0, "ada"), of(1, "bob"), of(2, "cleo"), of(3, "ada")]).await;
    std::fs::write(bed.path("rewrite.toml"), SIGNING).unwrap();
    let secrets: Arc<[_]> = Arc::new([("ada", "lovelace"), ("guest", "anybody's")]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(strict).with_state(secrets);
    tokio::spawn(async move { axum::serve(listener, router).await });

    let flags = "--max --order global --rewrite @rewrite.toml";
    let run = bed.start_with(&target, flags, &[("ADAS_SECRET", "lovelace".into())]).finish().await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    assert_eq!(run.report()["requests"]["succeeded"], 4, "{}", run.told());

    let run = bed.start_with(&target, flags, &[("ADAS_SECRET", "stolen".into())]).finish().await;
    assert_eq!(run.report()["errors"]["status 401"], 2, "{}", run.told());

    let run = bed.run(&target, flags).await;
    assert_eq!(run.code, Some(1), "{}", run.told());
    assert!(run.stderr.contains("ADAS_SECRET"), "{}", run.told());
}
