//! Nobody reads what is printed, as before `| head`, or it can't be printed: what was to be done is done all
//! the same, nothing panics, and the exit code tells it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::program::{Desk, cdnow};

/// 128 + SIGPIPE.
const NOBODY_READS: i32 = 141;

/// A pipe whose reader is gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// As if the output went to a file on a disk that is full.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("Linux has it").into()
}

impl Desk {
    /// The exit code and what was said on stderr.
    fn prints_to(&self, out: Stdio, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = self.command(arguments);
        let ended = command.stdout(out).stderr(Stdio::piped()).output().expect("it runs");
        (ended.status.code(), String::from_utf8(ended.stderr).expect("UTF-8"))
    }

    #[track_caller]
    fn is_unread(&self, arguments: &[&str]) {
        let ended = self.prints_to(closed(), arguments);
        assert_eq!(ended, (Some(NOBODY_READS), String::new()), "{arguments:?}");
    }

    /// Starts a server whose output nobody reads, waits until it says where it is, lets `then` be done,
    /// and asks it to stop.
    fn serves_unread(&self, arguments: &[&str], then: impl FnOnce(&str)) {
        let mut command = self.command(arguments);
        let mut child = command.stdout(closed()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("it says where it listens");
        let address = line.split_whitespace().find(|word| word.contains("127.0.0.1:"));
        then(address.unwrap_or_else(|| panic!("{line}")));
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(asked.expect("kill runs").success());
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("text");
        assert_eq!(child.wait().expect("it ends").code(), Some(NOBODY_READS), "{rest}");
        assert!(!rest.contains("panicked"), "{rest}");
    }
}

#[test]
fn what_was_to_be_done_is_done_though_nobody_reads_of_it() {
    let desk = Desk::new();
    let source = cdnow();
    let source = source.to_str().unwrap();
    desk.is_unread(&["ingest", source, "--mapping", "cdnow", "--to", "a"]);
    let found = desk.json(&["verify", "a"]);
    assert_eq!((&found["whole"], &found["finished"]), (&json!(true), &json!(true)), "{found}");
    assert_eq!(found["entries"], 10_000);

    let serialin = ["serialin", "a", "--to", "sqlite:log"];
    desk.is_unread(&[&serialin[..], &["--dry-run"]].concat());
    desk.is_unread(&serialin);
    assert_eq!(desk.json(&serialin)["thereBefore"], 10_000);
    desk.is_unread(&["dump", "--from", "sqlite:log", "--archive", "copy"]);
    assert_eq!(desk.json(&["verify", "copy"])["finished"], true);
    for arguments in [
        &["verify", "a"][..],
        &["verify", "a", "--json"],
        &["verify", "a", "--against", "copy"],
        &["ingest", "--print-mapping", "cdnow"],
        &["serialout", "a", "--target", "http://127.0.0.1:1", "--dry-run"],
    ] {
        desk.is_unread(arguments);
    }
}

#[test]
fn servers_end_as_well_and_what_was_captured_is_there() {
    let desk = Desk::new();
    let source = cdnow();
    desk.json(&["ingest", source.to_str().unwrap(), "--mapping", "cdnow", "--to", "a"]);
    desk.serves_unread(&["load-sink", "--listen", "127.0.0.1:0"], |sink| {
        let capture = ["capture", "--listen", "127.0.0.1:0", "--to", sink, "--archive", "b"];
        desk.serves_unread(&capture, |proxy| {
            let target = format!("http://{proxy}");
            desk.json(&["serialout", "a", "--target", &target, "--max", "--to", "50"]);
        });
    });
    let found = desk.json(&["verify", "b"]);
    assert_eq!((&found["finished"], &found["entries"]), (&json!(true), &json!(50)), "{found}");
}

#[test]
fn what_can_not_be_printed_is_said() {
    let desk = Desk::new();
    let source = cdnow();
    let source = source.to_str().unwrap();
    for arguments in [
        &["ingest", source, "--mapping", "cdnow", "--to", "a"][..],
        &["verify", "a"],
        &["ingest", "--print-mapping", "cdnow"],
        &["serialout", "a", "--target", "http://127.0.0.1:1", "--dry-run", "--json"],
    ] {
        let ended = desk.prints_to(full(), arguments);
        let said = "error: failed printing to stdout: No space left on device (os error 28)\n";
        assert_eq!(ended, (Some(1), said.to_owned()), "{arguments:?}");
    }
    assert_eq!(desk.json(&["verify", "a"])["entries"], 10_000);
}
