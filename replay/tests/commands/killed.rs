//! kill -9 and Ctrl-C in the middle of an ingest.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::program::Desk;

const ROWS: u64 = 60_000;

/// How often it is killed before it may end.
const ROUNDS: u32 = 6;

/// How often is looked how far it is.
const POLL: Duration = Duration::from_millis(2);

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

/// How many entries are in whole segments.
fn durable(desk: &Desk, archive: &str) -> u64 {
    let manifest = std::fs::read(desk.path(archive).join("manifest.json")).unwrap_or_default();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    manifest["entries"].as_u64().unwrap_or_default()
}

/// By kill -9 and by Ctrl-C in turn. It may have ended by itself before.
fn end(child: &mut Child, round: u32) {
    if round.is_multiple_of(2) {
        let pid = child.id().to_string();
        let asked = Command::new("kill").args(["-INT", &pid]).stderr(Stdio::null()).status();
        asked.expect("kill runs");
    } else {
        child.kill().unwrap();
    }
    child.wait().unwrap();
}

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
    let expected = desk.json(&ingest("whole"));

    let mut resume = Vec::new();
    let mut kept = 0;
    for round in 1..=ROUNDS {
        let arguments = [&ingest("killed")[..], &resume].concat();
        let mut child = desk.command(&arguments).stdout(Stdio::null()).spawn().expect("it starts");
        while durable(&desk, "killed") <= kept && child.try_wait().unwrap().is_none() {
            sleep(POLL);
        }
        sleep(POLL * round);
        end(&mut child, round);
        let whole = desk.json(&["verify", "killed"]);
        assert_eq!(whole["whole"], true, "{whole}");
        let entries = whole["entries"].as_u64().unwrap();
        assert!(entries > kept, "{entries} are not more than {kept}");
        kept = entries;
        resume = vec!["--resume"];
        if kept == ROWS {
            break;
        }
    }
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
