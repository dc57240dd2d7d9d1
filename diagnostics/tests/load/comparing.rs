//! `diagnostics compare`: two reports, and whether they differ.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use measure::{Report, Run, Told};
use serde_json::Value;

use crate::run::{PROGRAM, failure};

/// A minute at 50/s; latencies are around this, never twice the same.
fn report(around_ms: u64, seed: u64) -> Report {
    let mut chance = fastrand::Rng::with_seed(seed);
    let request = |number: u32| {
        let intended = Duration::from_millis(20) * number;
        let latency = Duration::from_micros(around_ms * chance.u64(800..1_200));
        Told { intended, sent: intended, ended: intended + latency, outcome: Ok(()) }
    };
    let requests = (0..50 * 60).map(request).collect();
    Report::new("load", &Run::told(Timestamp::UNIX_EPOCH, Duration::from_mins(1), requests))
}

struct Reports(tempfile::TempDir);

impl Reports {
    fn new(before: &Report, after: &Report) -> Self {
        let reports = Self(tempfile::tempdir().unwrap());
        std::fs::write(reports.path("before"), before.to_json()).unwrap();
        std::fs::write(reports.path("after"), after.to_json()).unwrap();
        reports
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn compare(&self, arguments: &[&str]) -> Output {
        let (before, after) = (self.path("before"), self.path("after"));
        Command::new(PROGRAM).args(["compare", &before, &after]).args(arguments).output().unwrap()
    }
}

fn text(output: &Output) -> String {
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn equal_loads_show_no_difference() {
    let compared =
        Reports::new(&report(10, 1), &report(10, 2)).compare(&["--regression", "p99=0%"]);
    assert_eq!(compared.status.code(), Some(0));
    let text = text(&compared);
    assert_eq!(text.matches("no difference can be shown").count(), 5, "{text}");
    assert!(text.contains("Together with 95 % confidence; 60 and 60 intervals."), "{text}");
}

#[test]
fn a_slower_load_is_shown_with_its_size_and_ends_with_a_code_of_its_own() {
    let reports = Reports::new(&report(10, 1), &report(12, 2));
    let compared = reports.compare(&["--regression", "p50=10%,rate=5%", "--json"]);
    assert_eq!(compared.status.code(), Some(99));
    let json: Value = serde_json::from_str(&text(&compared)).unwrap();
    let p50 = &json["rows"][1];
    assert_eq!(
        (&p50["metric"], &p50["verdict"], &p50["regression"]),
        (&"p50".into(), &"worse".into(), &true.into())
    );
    let share = |name: &str| p50[name].as_f64().unwrap();
    assert!(share("low") > 0.1 && share("low") < share("difference"), "{p50}");
    assert!(share("difference") < share("high") && share("high") < 0.3, "{p50}");

    let allowed = reports.compare(&["--regression", "p50=30%"]);
    assert_eq!(allowed.status.code(), Some(0));
    assert!(text(&allowed).contains("worse"), "it is told all the same");
    assert_eq!(text(&allowed), text(&reports.compare(&["--regression", "p50=30%"])), "seeded");

    let faster = Reports::new(&report(12, 1), &report(10, 2)).compare(&["--regression", "p50=0%"]);
    assert_eq!(faster.status.code(), Some(0));
    assert!(text(&faster).contains("better"));
}

#[test]
fn a_comparison_that_nobody_reads_ends_in_silence() {
    let reports = Reports::new(&report(10, 1), &report(12, 2));
    for flags in [&["--regression", "p50=10%"][..], &["--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(PROGRAM);
        command.args(["compare", &reports.path("before"), &reports.path("after")]).args(flags);
        let ended = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ended = ended.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr.len()), (Some(141), 0), "{ended:?}");
    }
}

#[test]
fn what_can_not_be_compared_is_told() {
    let reports = Reports::new(&report(10, 1), &report(10, 2));
    let (code, said) = failure(&reports.compare(&["--skip", "55s"]));
    assert!(
        code == 2 && said.contains("has 5 intervals of the run over time, and 10 are needed"),
        "{said}"
    );
    std::fs::write(reports.path("after"), "{}").unwrap();
    let (code, said) = failure(&reports.compare(&[]));
    assert!(code == 2 && said.contains("this is no report"), "{said}");
    let (code, said) = failure(&reports.compare(&["--regression", "p98=5%"]));
    assert!(code == 2 && said.contains("expected one of rate, p50"), "{said}");
    std::fs::remove_file(reports.path("after")).unwrap();
    let (code, said) = failure(&reports.compare(&[]));
    assert!(code == 2 && said.contains("No such file"), "{said}");
}

#[test]
fn loads_that_were_not_alike_are_noted() {
    let before = report(10, 1).fact("stages", "hold:100/s");
    let after = report(10, 2).fact("stages", "hold:200/s");
    let told = text(&Reports::new(&before, &after).compare(&[]));
    assert!(told.contains("NOTE they were not loaded alike: stages was `hold:100/s`"), "{told}");
}
