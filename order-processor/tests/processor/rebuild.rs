//! `order-processor rebuild` where there is nothing to rebuild or to switch to, nobody who answers, or nobody
//! who reads what it prints.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The program, over the data in `folder`, told nothing by the environment of the test.
fn processor(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-processor"));
    command.env_clear().arg("--data-dir").arg(folder);
    command
}

fn rebuild(folder: &Path, arguments: &[&str], store: Option<&str>) -> Command {
    let mut command = processor(folder);
    command.arg("rebuild").args(arguments);
    if let Some(store) = store {
        command.env("SERIATIM_STORE", store);
    }
    command
}

fn interrupt(running: &Child) {
    let pid = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
}

/// Lets the processor make log and store in `folder`.
fn begin(folder: &Path) {
    let mut running = processor(folder);
    let mut running =
        running.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::null()).spawn().unwrap();
    while !rebuild(folder, &["--list"], None).output().unwrap().status.success() {
        assert!(running.try_wait().unwrap().is_none(), "it runs");
    }
    interrupt(&running);
    assert!(running.wait().unwrap().success());
}

fn printed(mut command: Command) -> serde_json::Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("a sentence")
}

/// None is made either, nor a folder where somebody has mistyped one.
#[test]
fn without_a_store_there_is_nothing_to_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    let mistyped = folder.path().join("mistyped");
    for arguments in [&[][..], &["--diff"], &["--list"], &["--drop-old"], &["--use", "1"]] {
        let refused = rebuild(&mistyped, arguments, None).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {refused:?}");
        let text = said(&refused);
        assert!(text.contains("no projection that could be rebuilt"), "{arguments:?}: {text}");
        assert!(text.contains("there is no store in"), "{arguments:?}: {text}");
        assert!(refused.stdout.is_empty(), "{arguments:?}: {refused:?}");
    }
    assert!(!mistyped.exists());
}

#[test]
fn a_folder_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().display());
    let refused = rebuild(folder.path(), &["--list"], Some(&store)).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(said(&refused).contains("is a folder"), "{refused:?}");
}

/// It ends then, whatever it was going to do; and it names the server that it has waited for.
#[test]
fn a_rebuild_that_waits_for_a_server_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    // Bound, so that nobody else listens there; and nobody listens.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = socket.local_addr().unwrap();
    let cases = [("postgres", &[][..]), ("mysql", &["--list"]), ("mssql", &["--drop-old"])];
    for (scheme, arguments) in cases {
        let store = format!("{scheme}://seriatim:secret@{address}/seriatim");
        let mut waiting = rebuild(folder.path(), arguments, Some(&store));
        let mut waiting = waiting.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(waiting.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("waiting for the store") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it waits");
        }
        assert!(line.contains(&address.to_string()), "{line}");
        interrupt(&waiting);
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        let ended = waiting.wait().unwrap();
        assert_eq!(ended.code(), Some(1), "{arguments:?}: {rest}");
        assert!(rest.contains("stopped before the end"), "{arguments:?}: {rest}");
        assert!(!(line + &rest).contains("secret"));
    }
}

#[test]
fn what_is_live_already_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    begin(folder.path());
    let found = printed(rebuild(folder.path(), &["--use", "1", "--json"], None));
    assert_eq!(found, serde_json::json!({ "live": 1, "switched": false }));
}

/// Before `| head`, say. What is to be done is done all the same; what is only to be told ends in silence.
#[test]
fn nobody_has_to_read_what_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    begin(folder.path());
    let unread = |mut command: Command| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let unread = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        unread.wait_with_output().unwrap()
    };
    let done = unread(rebuild(folder.path(), &[], None));
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let listed = printed(rebuild(folder.path(), &["--list", "--json"], None));
    assert_eq!(listed[1], serde_json::json!({ "generation": 2, "state": "live" }));
    let mut state = processor(folder.path());
    state.arg("state");
    let told = unread(state);
    assert_eq!(told.status.code(), Some(141), "{told:?}");
    assert!(!said(&told).contains("panicked"), "{told:?}");
}
