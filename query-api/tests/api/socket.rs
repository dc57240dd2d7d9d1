//! The service behind a real server, where answers must be framed so that the next one is found.

use std::time::Duration;

use service_kit::config::{CommonArgs, Settings};
use service_kit::server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::client::{SETTINGS, api};
use crate::double::Double;
use crate::rows::assorted;

const REQUESTS: &[u8] = b"\
GET /api/Orders/0199f6f2-8e5c-7c3a-9d1e-000000000001 HTTP/1.1\r\nHost: test\r\n\
If-None-Match: \"1\"\r\n\r\n\
GET /api/Orders/17 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn an_answer_without_a_body_is_followed_by_the_next() {
    let settings = Settings::load_with(&CommonArgs::default(), "", []).unwrap();
    let http = settings.common().http;
    let listener = server::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = api(Double::new(assorted()), &SETTINGS).router();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let serving =
        tokio::spawn(async move { server::serve(listener, router, &http, stopped).await });

    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(REQUESTS).await.unwrap();
    let mut text = String::new();
    let read = connection.read_to_string(&mut text);
    tokio::time::timeout(Duration::from_mins(1), read).await.unwrap().unwrap();
    let (first, second) = text.split_once("\r\n\r\n").unwrap();
    assert!(first.starts_with("HTTP/1.1 304 "), "{text}");
    assert!(!first.contains("content-length") && !first.contains("transfer-encoding"), "{text}");
    assert!(second.starts_with("HTTP/1.1 400 "), "{text}");

    stop.cancel();
    serving.await.unwrap();
}
