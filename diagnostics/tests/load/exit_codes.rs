//! How the program ends: what `--help` says, without a deployment.

use std::process::{Command, Stdio};

use crate::run::{PROGRAM, command, failure, output};
use crate::target::{Manner, Target};

#[test]
fn every_command_tells_its_exit_codes() {
    for (subcommand, codes) in [
        ("bench", &["0", "1", "2", "3"][..]),
        ("check", &["0", "1", "2", "3", "4"]),
        ("compare", &["0", "1", "2", "99"]),
        ("dlt", &["0", "1", "2", "3"]),
        ("load", &["0", "1", "2", "99", "130"]),
        ("top", &["0", "1", "2"]),
    ] {
        let help = Command::new(PROGRAM).args([subcommand, "--help"]).output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let (_, told) = help.split_once("Exit codes: ").unwrap_or_else(|| panic!("none: {help}"));
        let told = told.replace('\n', " ");
        for code in codes {
            let found = told.split([',', ';', ' ']).any(|word| word == *code);
            assert!(found, "{subcommand} does not tell of {code}: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_nobody_reads_is_no_crash() {
    let target = Target::start(Manner::Accept);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut load = command(&target.url, &["--body", "{}", "--requests", "3", "--quiet"]);
    load.stdout(writer).stderr(Stdio::piped());
    let ended = tokio::task::spawn_blocking(move || load.spawn().unwrap().wait_with_output());
    let ended = ended.await.unwrap().unwrap();
    assert_eq!(ended.status.code(), Some(0), "the code tells how it went: {ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
    assert_eq!(target.came().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_can_not_be_printed_is_said_and_the_page_is_written() {
    let target = Target::start(Manner::Accept);
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let mut load = command(&target.url, &["--body", "{}", "--requests", "3", "--quiet", "--html"]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    load.arg(&page).stdout(full).stderr(Stdio::piped());
    let ended = tokio::task::spawn_blocking(move || load.spawn().unwrap().wait_with_output());
    let (code, said) = failure(&ended.await.unwrap().unwrap());
    assert_eq!(code, 1);
    assert!(said.starts_with("error: the report on stdout: No space left on device"), "{said}");
    assert!(std::fs::read_to_string(page).unwrap().contains("</html>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_can_not_be_written_does_not_take_the_report_along() {
    let target = Target::start(Manner::Accept);
    let arguments = ["--body", "{}", "--requests", "3", "--html", "/no/such/folder/page.html"];
    let ended = output(command(&target.url, &arguments)).await;
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("error: /no/such/folder/page.html: No such file"), "{said}");
    assert!(String::from_utf8_lossy(&ended.stdout).contains("from the intended start"));
}

#[test]
fn a_run_that_is_compared_with_something_else_is_refused_before_it_begins() {
    let ended = Command::new(PROGRAM).args(["bench", "--compare", "/dev/null"]).output().unwrap();
    let (code, said) = failure(&ended);
    assert_eq!(code, 1);
    assert!(said.contains("/dev/null is no run of this benchmark"), "{said}");
    let ended = Command::new(PROGRAM).args(["bench", "--json", "/no/such/run.json"]).output();
    let (code, said) = failure(&ended.unwrap());
    assert_eq!((code, &*said), (1, "error: /no/such/run.json: there is no such folder\n"));
}

#[test]
fn top_without_a_terminal_is_a_wrong_use_of_it() {
    let ended = Command::new(PROGRAM).arg("top").stdin(Stdio::null()).output().unwrap();
    let (code, said) = failure(&ended);
    assert_eq!(
        (code, &*said),
        (2, "error: top needs a terminal to show itself on; --json prints one look\n")
    );
}
