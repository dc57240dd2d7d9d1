//! `replay load-sink`, the program: it tells by its exit code whether all came in order.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::program::{Desk, cdnow};

/// Starts one on a free port; gives its URL, too.
fn start(desk: &Desk) -> (Child, String) {
    let mut command = desk.command(&["load-sink", "--listen", "127.0.0.1:0", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says where it listens");
    let url = line.trim_end().strip_prefix("listening on ").expect("a URL").to_owned();
    // Read on, or it would wait for room to speak.
    std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
    (child, url)
}

/// As Ctrl-C does; gives the exit code and the verdict.
fn interrupt(mut child: Child) -> (Option<i32>, Value) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let mut verdict = String::new();
    child.stdout.take().expect("it is piped").read_to_string(&mut verdict).expect("text");
    let code = child.wait().expect("it ends").code();
    (code, serde_json::from_str(&verdict).expect("JSON"))
}

#[test]
fn what_is_missing_is_told_by_the_exit_code() {
    let desk = Desk::new();
    let source = cdnow();
    desk.json(&["ingest", source.to_str().unwrap(), "--mapping", "cdnow", "--to", "a"]);
    for (flags, code, applied) in
        [(&["--to", "500"][..], 0, 500), (&["--to", "500", "--skip", "7,9-10"], 3, 497)]
    {
        let (sink, url) = start(&desk);
        let serialout = ["serialout", "a", "--target", &url, "--max"];
        desk.json(&[&serialout[..], flags].concat());
        let (ended, verdict) = interrupt(sink);
        assert_eq!((ended, &verdict["applied"]), (Some(code), &json!(applied)), "{verdict}");
    }
}
