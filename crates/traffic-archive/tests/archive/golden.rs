//! The wire format, pinned: what version 1 wrote must be read for ever, and is written still.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use traffic_archive::{Body, Exchange, Location, Response, Sequence, WriterSettings};

use crate::sample::{block_on, read_from, write};

const LINES: &str = include_str!("../golden/lines-v1.jsonl");

fn archive_v1() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/archive-v1")
}

fn exchanges() -> Vec<Exchange> {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let full = Exchange {
        at: at("2026-11-21T12:00:00.123456Z"),
        key: "shop/23".to_owned(),
        method: "POST".to_owned(),
        path: "/api/Order?dry=1".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: r#"{"name":"Żółw \"1\""}"#.into(),
        response: Some(Response {
            status: 202,
            headers: vec![("location".to_owned(), "/api/Orders/1".to_owned())],
            body: "{}".into(),
            elapsed_us: Some(1234),
        }),
        outcome: Some("accepted".to_owned()),
    };
    let binary = Exchange {
        body: Body::from(vec![0xff, 0x00]),
        response: Some(Response {
            status: 500,
            headers: Vec::new(),
            body: Body::from(vec![0xfe]),
            elapsed_us: None,
        }),
        outcome: None,
        ..full.clone()
    };
    vec![full, binary, Exchange::new(at("1997-01-01T00:00:00Z"), "GET", "/")]
}

#[test]
fn the_lines_are_written_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(folder.path());
    block_on(write(&location, WriterSettings::default(), &exchanges()));
    let file = std::fs::read(folder.path().join("segment-000001.jsonl.zst")).unwrap();
    let lines = String::from_utf8(zstd::decode_all(&*file).unwrap()).unwrap();
    assert_eq!(lines, LINES);
}

#[test]
fn an_archive_of_version_1_is_read() {
    let (entries, error) = read_from(&Location::folder(archive_v1()), Sequence::FIRST);
    assert!(error.is_none(), "{error:?}");
    let read: Vec<_> = entries.into_iter().map(|entry| entry.exchange).collect();
    assert_eq!(read, exchanges());
}
