//! Loads that oha sends. Here something speaks for it that is quicker to build: it takes the same flags
//! and leaves the same files.

use std::os::unix::fs::PermissionsExt as _;

use crate::run::{command, failure, output, report};
use crate::target::{Manner, Target};

/// Ten answers in two seconds, one of them refused, and one request without an answer. It writes down how
/// it was called, and what it was to send.
const SPEAKER: &str = r#"#!/bin/sh
if [ "$1" = --version ]; then echo "oha 1.16.0"; exit; fi
here=$(dirname "$0")
printf '%s\n' "$@" > "$here/arguments"
while [ $# -gt 0 ]; do
  case "$1" in
    -o) report=$2;;
    --db-url) requests=$2.requests;;
    -Z) cp "$2" "$here/bodies";;
  esac
  shift
done
cat > "$report" <<'JSON'
{"summary":{"total":2.0,"slowest":0.5,"fastest":0.001,"average":0.01,"totalData":77},
 "latencyPercentiles":{"p50":0.002,"p90":0.003,"p99":0.004,"p99.9":0.005,"p99.99":0.006},
 "statusCodeDistribution":{"202":9,"503":1},"errorDistribution":{"operation timed out":1}}
JSON
if [ -e "$here/cut-short" ]; then exit; fi
for tenth in 0 2 4 6 8 10 12 14 16; do
  echo "$((tenth / 10)).$((tenth % 10)) $((tenth / 10)).$((tenth % 10)) $((tenth / 10)).$((tenth % 10))5 202 7"
done > "$requests"
echo "1.8 1.85 1.9 503 7" >> "$requests"
"#;

struct Speaker {
    folder: tempfile::TempDir,
}

impl Speaker {
    fn new() -> Self {
        let speaker = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(speaker.path("oha"), SPEAKER).unwrap();
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(speaker.path("oha"), executable).unwrap();
        speaker
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn told(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_at_one_rate_are_sent_by_oha() {
    let (target, oha) = (Target::start(Manner::Accept), Speaker::new());
    std::fs::write(oha.path("mine"), "{\"n\":1}\n{\"n\":2}\n").unwrap();
    let (program, bodies) = (oha.path("oha"), oha.path("mine"));
    let arguments = ["--engine", "auto", "--oha", &program, "--bodies", &bodies, "--rate", "5/s"];
    let more =
        ["--for", "2s", "--timeout", "3s", "--header", "X-Who: me", "--connections", "7", "--json"];
    let (code, report) =
        report(&output(command(&target.url, &[&arguments[..], &more].concat())).await);
    assert_eq!(code, 0);
    let called = oha.told("arguments");
    for part in [
        "-q\n5\n",
        "--latency-correction\n",
        "-z\n2000ms\n",
        "-c\n7\n",
        "-t\n3000ms\n",
        "-H\nX-Who: me\n",
        "--no-tui\n",
        "/api/Order\n",
    ] {
        assert!(called.contains(part), "{part:?} is not in {called}");
    }
    assert_eq!(oha.told("bodies"), "{\"n\":1}\n{\"n\":2}");

    assert_eq!((report.requests.succeeded, report.requests.failed), (9, 2));
    assert_eq!((report.errors["status 503"], report.errors["timeout"]), (1, 1));
    assert_eq!(report.intervals.len(), 2, "there is a series as after a load of our own");
    let figures = report.load.unwrap();
    assert_eq!((figures.asked, figures.statuses[&202], figures.bytes_received), (Some(10), 9, 77));
    let warnings = figures.warnings.join("\n");
    assert!(warnings.contains("operation timed out: 1"), "{warnings}");
    assert!(warnings.contains("oha itself was the limit"), "one of ten began late: {warnings}");
    // What got no answer counts with all it may have taken; what was answered late from when it was due.
    assert!(report.latency_us.unwrap().max >= 2_000_000.0);
    assert!(report.start_delay_us.unwrap().max >= 49_000.0);
    assert!(report.facts.iter().any(|fact| fact.value == "oha 1.16.0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_oha_that_was_cut_short_is_told_in_short() {
    let (target, oha) = (Target::start(Manner::Accept), Speaker::new());
    std::fs::write(oha.path("cut-short"), "").unwrap();
    let program = oha.path("oha");
    let arguments = ["--engine", "oha", "--oha", &program, "--body", "{}", "--rate", "5/s"];
    let (code, report) = report(
        &output(command(&target.url, &[&arguments[..], &["--for", "1h", "--json"]].concat())).await,
    );
    assert_eq!(code, 130);
    assert_eq!((report.requests.succeeded, report.requests.failed), (9, 2));
    assert!((report.latency_us.unwrap().p99 - 4_000.0).abs() < 1e-6);
    // Of the hour only two seconds came.
    assert_eq!(report.load.unwrap().asked, Some(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_oha_can_not_do_is_told() {
    let (target, oha) = (Target::start(Manner::Accept), Speaker::new());
    let program = oha.path("oha");
    for (arguments, why) in [
        (&["--mix", "purchase"][..], "bodies change from request to request"),
        (&["--body", "{}", "--users", "3"], "it is not one rate all the time"),
        (&["--body", "{}", "--stages", "ramp:5/s:1s"], "it is not one rate all the time"),
    ] {
        let engine = ["--engine", "oha", "--oha", &program];
        let told = output(command(&target.url, &[&engine[..], arguments].concat())).await;
        let (code, said) = failure(&told);
        assert!(code == 2 && said.contains(&format!("oha can't do this: {why}")), "{said}");
    }
    let arguments = ["--engine", "auto", "--oha", "/bin/true", "--body", "{}", "--rate", "5/s"];
    let (code, said) = failure(&output(command(&target.url, &arguments)).await);
    assert!(code == 2 && said.contains("/bin/true is not oha 1.16.0"), "{said}");
}
