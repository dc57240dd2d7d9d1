//! kill -9 in the middle of an ingest.

use std::fmt::Write as _;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::program::Desk;

const ROWS: u64 = 60_000;

/// How often it is killed before it may end.
const ROUNDS: u32 = 6;

const MAPPING: &str = r#"
[source]
format = "csv"

[request]
at = "{n}"
at-format = "unix"
key = "{n}"
path = "/{n}"
body = "some text that makes the line a little longer, so that there are several segments: {n}"
"#;

#[test]
fn an_ingest_that_is_killed_again_and_again_is_continued_to_the_same_archive() {
    let desk = Desk::new();
    desk.write("mine.toml", MAPPING);
    let mut table = "n\n".to_owned();
    for number in 0..ROWS {
        writeln!(table, "{number}").unwrap();
    }
    desk.write("table.csv", table);
    let ingest =
        |to| ["ingest", "table.csv", "--mapping", "mine.toml", "--segment-mib", "1", "--to", to];
    let began = Instant::now();
    let expected = desk.json(&ingest("whole"));
    let takes = began.elapsed();

    let mut resume = Vec::new();
    let mut kept = 0;
    for round in 1..=ROUNDS {
        let arguments = [&ingest("killed")[..], &resume].concat();
        let mut child = desk.command(&arguments).stdout(Stdio::null()).spawn().expect("it starts");
        sleep(takes * round / (ROUNDS + 1) + Duration::from_millis(5));
        child.kill().unwrap();
        child.wait().unwrap();
        if desk.path("killed/manifest.json").exists() {
            let whole = desk.json(&["verify", "killed"]);
            assert_eq!(whole["whole"], true, "{whole}");
            let entries = whole["entries"].as_u64().unwrap();
            assert!(entries >= kept, "{entries} are fewer than {kept}");
            kept = entries;
            resume = vec!["--resume"];
        }
    }
    assert!(kept > 0, "it never came as far as a segment");
    let ended = desk.json(&[&ingest("killed")[..], &resume].concat());
    assert_eq!(ended["chain"], expected["chain"]);
    assert_eq!(desk.json(&["verify", "killed", "--against", "whole"])["compared"], ROWS);
}

#[test]
fn another_source_does_not_continue_an_archive() {
    let desk = Desk::new();
    desk.write("mine.toml", MAPPING);
    desk.write("table.csv", "n\n1\n2\n3\n");
    let ingest = ["ingest", "table.csv", "--mapping", "mine.toml", "--to", "a"];
    desk.json(&ingest);
    assert!(desk.run(&ingest).err.contains("there is an archive at a already"));
    let resume = [&ingest[..], &["--resume"]].concat();
    assert_eq!(desk.json(&resume)["resumedAfter"], 3);
    for other in ["n\n1\n2\n4\n5\n", "n\n1\n2\n"] {
        desk.write("table.csv", other);
        let said = desk.run(&resume);
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains("its first 3 entries differ"), "{}", said.err);
    }
    assert_eq!(desk.entries("a").len(), 3);
}
