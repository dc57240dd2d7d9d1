//! What can't be done is told in a sentence, with exit code 2.

use std::process::Command;

use crate::run::{PROGRAM, command, failure, file, output};
use crate::target::{Manner, Target, bound};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_before_anything_is_sent() {
    let target = Target::start(Manner::Accept);
    let (_folder, empty) = file("");
    for (arguments, sentence) in [
        (&["--rate", "0/s"][..], "`0/s` is no rate"),
        (&["--users", "0"], "invalid value '0' for '--users"),
        (&["--stages", "jump:5/s:1s"], "stage 1, `jump:5/s:1s`: expected `ramp:<level>:<time>`"),
        (&["--stages", "hold:5/s:1s,hold:5:1s"], "rates and numbers of users don't mix"),
        (&["--stages", "hold:0/s:5s"], "nothing would be sent"),
        (&["--stages", "hold:5/s:5s", "--for", "5s"], "cannot be used with"),
        (&["--rate", "5/s", "--users", "5"], "cannot be used with"),
        (&["--for", "0s"], "a load takes some time"),
        (&["--for", "soon"], "expected a time with its unit"),
        (&["--for", "25h"], "24 h at most"),
        (&["--for", "99999999999h"], "no more than 87600h"),
        (&["--rate", "99999999999999/s"], "is no rate"),
        (&["--rate", "NaN/s"], "is no rate"),
        (&["--rate", "2000000/s"], "a level is at most 1000000"),
        (&["--connections", "0"], "invalid value '0' for '--connections"),
        (&["--requests", "0"], "invalid value '0' for '--requests"),
        (
            &["--mix", "cart=1"],
            "there are no carts: the API does not speak the checkout dialect yet",
        ),
        (&["--mix", "purchase=1,trade"], "there is no such task; there are purchase, read"),
        (&["--mix", "read", "--body", "{}"], "cannot be used with"),
        (&["--bodies", &empty], "has no line"),
        (&["--bodies", "/no/such/file"], "/no/such/file: No such file"),
        (&["--archive", "/no/such/archive"], "/no/such/archive"),
        (&["--body", "{}", "--method", "A B"], "\"A B\" is no HTTP method"),
        (&["--body", "{}", "--path", "api"], "\"api\" is no path"),
        (&["--header", "no colon"], "expected `name: value`"),
        (&["--header", "a b: c"], "\"a b\" is no header"),
        (&["--slo", "p99<50"], "column 5: `50` is no limit here"),
        (&["--slo", ""], "column 1: expected a condition like `p99<50ms`"),
        (&["--slo", "p99"], "column "),
        (&["--slo", "p101<1s"], "column 1: "),
        (&["--slo", "p99<1s,,"], "column 8: expected a condition"),
        (&["--slo", "errors<101%"], "a share is at most 100%"),
        (&["--rate", "5/s", "--think", "1s"], "cannot be used with"),
        (&["--stages", "hold:5/s:1s", "--limit", "5/s"], "--limit and --think are for users"),
        (&["--users", "4000000000"], "a level is at most 1000000"),
    ] {
        let (code, said) = failure(&output(command(&target.url, arguments)).await);
        assert_eq!(code, 2, "{arguments:?}: {said}");
        assert!(said.contains(sentence), "{arguments:?}: {said}");
    }
    assert!(target.came().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_target_is_told_at_once() {
    let (_socket, address) = bound();
    let (code, said) = failure(&output(command(&format!("http://{address}"), &[])).await);
    assert_eq!(code, 2);
    let beginning = format!("error: http://{address} can't be reached: connect: ");
    assert!(said.starts_with(&beginning), "{said}");
    for target in ["127.0.0.1:80", "ftp://x", "http://"] {
        let (code, said) = failure(&output(command(target, &[])).await);
        assert!(code == 2 && said.contains("is no target"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_open_files_are_told_with_what_to_do() {
    let target = Target::start(Manner::Accept);
    let line = format!("ulimit -n 300; exec {PROGRAM} load {} --users 1000", target.url);
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]);
    let (code, said) = failure(&output(shell).await);
    assert_eq!(code, 2);
    assert!(said.contains("1000 connections at once need 1100 open files"), "{said}");
    assert!(said.contains("this process may have 300: raise the hard limit"), "{said}");
}
