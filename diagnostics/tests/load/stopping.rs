//! A load that is told to stop ends with its report.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::run::{command, report};
use crate::target::{Manner, Target};

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_load_reports_what_it_did() {
    for level in [["--rate", "200/s"], ["--users", "3"]] {
        let target = Target::start(Manner::Accept);
        let arguments = ["--body", "{}", "--for", "10h", "--json"];
        let mut command = command(&target.url, &[&level[..], &arguments].concat());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        target.has_seen(20).await;
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let wait = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let (code, report) = report(&wait.await.unwrap());
        assert_eq!(code, 130);
        assert!(report.requests.succeeded >= 20, "{:?}", report.requests);
        assert!(report.facts.iter().any(|fact| fact.value == "early, by a signal"), "{report:?}");
    }
}
