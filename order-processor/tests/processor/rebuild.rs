//! `order-processor rebuild` where there is nothing to rebuild, or nobody who answers.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program, over the data in `folder`, told nothing by the environment of the test.
fn rebuild(folder: &Path, arguments: &[&str], store: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_order-processor"));
    command.env_clear().arg("rebuild").args(arguments).arg("--data-dir").arg(folder);
    if let Some(store) = store {
        command.env("SERIATIM_STORE", store);
    }
    command
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

/// It ends at once, whatever it was going to do; and it names the server that it has waited for.
#[test]
fn a_rebuild_that_waits_for_a_server_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    // Bound, so that nobody else listens there; and nobody listens.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = socket.local_addr().unwrap();
    for scheme in ["postgres", "mysql", "mssql"] {
        let store = format!("{scheme}://seriatim:secret@{address}/seriatim");
        for arguments in [&[][..], &["--list"], &["--drop-old"], &["--use", "1"]] {
            let mut waiting = rebuild(folder.path(), arguments, Some(&store));
            let mut waiting = waiting.stderr(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(waiting.stderr.take().unwrap());
            let mut line = String::new();
            while !line.contains("waiting for the store") {
                line.clear();
                assert!(lines.read_line(&mut line).unwrap() > 0, "it waits");
            }
            assert!(line.contains(&address.to_string()), "{line}");
            let pid = waiting.id().to_string();
            assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
            let mut rest = String::new();
            lines.read_to_string(&mut rest).unwrap();
            let ended = waiting.wait().unwrap();
            assert_eq!(ended.code(), Some(1), "{arguments:?}: {rest}");
            assert!(rest.contains("stopped before the end"), "{arguments:?}: {rest}");
            assert!(!(line + &rest).contains("secret"));
        }
    }
}
