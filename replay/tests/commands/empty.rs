//! An archive without a request: nothing to do is done, and said.

use serde_json::json;
use traffic_archive::{ArchiveWriter, Location, WriterSettings};

use crate::program::{Desk, block_on};

/// Finished, and empty.
fn empty(desk: &Desk, name: &str) {
    block_on(async {
        let location = Location::folder(desk.path(name));
        let writer = ArchiveWriter::create(&location, WriterSettings::default()).await.unwrap();
        writer.finish().await.unwrap();
    });
}

#[test]
fn an_empty_archive_is_whole_and_equal_to_another() {
    let desk = Desk::new();
    empty(&desk, "a");
    empty(&desk, "b");
    let whole = desk.json(&["verify", "a"]);
    assert_eq!((&whole["whole"], &whole["entries"]), (&json!(true), &json!(0)));
    assert_eq!(desk.json(&["verify", "a", "--against", "b"])["compared"], 0);
}

#[test]
fn nothing_is_sent_and_that_is_no_failure() {
    let desk = Desk::new();
    empty(&desk, "a");
    let serialout = ["serialout", "a", "--target", "http://127.0.0.1:1", "--state", "state"];
    assert_eq!(desk.json(&[&serialout[..], &["--dry-run"]].concat())["requests"], 0);
    for _ in 0..2 {
        let report = desk.json(&[&serialout[..], &["--html", "page.html"]].concat());
        assert_eq!(report["requests"]["succeeded"], 0, "{report}");
    }
    assert!(std::fs::read_to_string(desk.path("page.html")).unwrap().contains("</html>"));
}

#[test]
fn a_stream_of_it_is_made_and_has_no_end_to_read_to() {
    let desk = Desk::new();
    empty(&desk, "a");
    let summary = desk.json(&["serialin", "a", "--to", "sqlite:log"]);
    assert_eq!((&summary["appended"], &summary["complete"]), (&json!(0), &json!(true)));
    let said = desk.run(&["serialout", "sqlite:log#replay", "--target", "http://127.0.0.1:1"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("replay"), "{}", said.err);
    let dumped = desk.json(&["dump", "--from", "sqlite:log", "--archive", "b"]);
    assert_eq!(dumped["entries"], 0);
    assert_eq!(desk.json(&["verify", "b"])["whole"], true);
}
