//! What a person sees at a terminal.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::run::PROGRAM;
use crate::target::{Manner, Target};

/// Runs a load in a terminal of its own, of so many columns, until the target has seen some requests, types
/// Ctrl-C, and gives the exit code and all that was shown.
async fn at_a_terminal(columns: u16, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let target = Target::start(Manner::Accept);
    let line = format!(
        "stty rows 40 cols {columns}; exec {PROGRAM} load {} --engine own --body {{}} --rate 100/s --for 10h",
        target.url
    );
    // script(1) makes the terminal, and with -e ends as the command did.
    let mut terminal = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // More than a second's: a whole interval is known then.
    target.has_seen(250).await;
    let mut stdin = terminal.stdin.take().unwrap();
    let ended = tokio::task::spawn_blocking(move || {
        stdin.write_all(b"\x03").unwrap();
        stdin.flush().unwrap();
        let output = terminal.wait_with_output().unwrap();
        drop(stdin);
        output
    });
    let output = ended.await.unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_how_it_goes_until_ctrl_c_and_then_the_report() {
    let (code, shown) = at_a_terminal(100, &[]).await;
    assert_eq!(code, Some(130), "{shown}");
    let screen = [
        "load",
        "of 10:00:00  hold:100/s",
        "rate",
        "/s asked",
        "latency",
        "p99 ",
        "in flight",
        "errors    none",
        "Ctrl-C ends the load",
    ];
    for words in screen {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
    assert!(shown.contains("\x1b[36m") || shown.contains("\x1b[1m"), "there are colours: {shown}");
    assert!(shown.contains("early, by a signal") && shown.contains("from the intended start"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_colour_there_is_none() {
    let (_, shown) = at_a_terminal(100, &[("NO_COLOR", "1")]).await;
    assert!(shown.contains("Ctrl-C ends the load"), "{shown}");
    // Escapes that set colours end in m; those that move the cursor don't.
    let colours = shown.split("\x1b[").skip(1).filter(|rest| {
        rest.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == ';').starts_with('m')
    });
    assert_eq!(colours.count(), 0, "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_of_ten_columns_shows_what_fits_and_the_whole_report() {
    let (code, shown) = at_a_terminal(10, &[]).await;
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains("early, by a signal") && shown.contains("from the intended start"));
}
