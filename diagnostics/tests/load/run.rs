//! Running the program.

use std::process::{Command, Output, Stdio};

use measure::Report;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_diagnostics");

/// A load on `target`, by this program alone unless the arguments say otherwise.
pub fn command(target: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["load", target]);
    // However slow this machine is, a request has time enough.
    for [flag, value] in [["--engine", "own"], ["--timeout", "10m"]] {
        if !arguments.contains(&flag) {
            command.args([flag, value]);
        }
    }
    command.args(arguments).env_remove("DIAGNOSTICS_OHA").stdin(Stdio::null());
    command
}

/// Runs it on a thread that may wait, while the target serves.
pub async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// The exit code and the report of a load.
pub async fn load(target: &str, arguments: &[&str]) -> (i32, Report) {
    report(&output(command(target, &[arguments, &["--json"]].concat())).await)
}

pub fn report(output: &Output) -> (i32, Report) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let report = Report::from_json(&text).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code().unwrap(), report)
}

/// The exit code, and what was said of it on stderr.
pub fn failure(output: &Output) -> (i32, String) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code().unwrap(), said)
}

/// A file of these lines, in a folder that is removed when dropped.
pub fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").display().to_string();
    std::fs::write(&path, text).unwrap();
    (folder, path)
}
