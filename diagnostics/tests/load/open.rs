//! The open model: requests begin when they are due.

use std::time::Duration;

use measure::LevelUnit;

use crate::run::{command, file, load, output};
use crate::target::{Manner, Target};

#[tokio::test(flavor = "multi_thread")]
async fn every_request_that_was_due_is_sent_or_told() {
    let target = Target::start(Manner::Accept);
    let (_folder, bodies) = file("{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
    let arguments = ["--bodies", &bodies, "--path", "/api/Order?dry=1", "--stages"];
    let stages = ["ramp:200/s:500ms,hold:500ms,spike:500/s:100ms", "--header", "X-Who: me"];
    let (_, report) = load(&target.url, &[&arguments[..], &stages].concat()).await;

    let figures = report.load.clone().unwrap();
    assert_eq!(figures.asked, Some(50 + 100 + 50));
    let not_sent = report.errors.get("not sent").copied().unwrap_or_default();
    assert_eq!(report.requests.ended, 200);
    assert_eq!(report.requests.succeeded + not_sent, 200);
    assert_eq!(figures.statuses[&202], report.requests.succeeded);

    let came = target.came();
    assert_eq!(came.len() as u64, report.requests.succeeded);
    let mut counts = [0_usize; 3];
    for request in &came {
        assert_eq!((&*request.method, &*request.path), ("POST", "/api/Order?dry=1"));
        assert!(request.headers.contains(&("x-who".to_owned(), "me".to_owned())));
        assert!(
            request.headers.contains(&("content-type".to_owned(), "application/json".to_owned()))
        );
        let number: usize = request.body["{\"n\":".len()..request.body.len() - 1].parse().unwrap();
        counts[number] += 1;
    }
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(most - least <= 1, "bodies come in turn: {counts:?}");

    let units: Vec<_> = figures.stages.iter().map(|stage| (stage.unit, stage.to)).collect();
    assert_eq!(units, [200.0, 200.0, 500.0].map(|level| (LevelUnit::PerSecond, level)));
    assert!(figures.bytes_sent.unwrap() > 0 && figures.bytes_received > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_before_a_slow_target_is_in_the_latency() {
    let target = Target::start(Manner::Slow(Duration::from_millis(300)));
    let arguments = ["--body", "{}", "--rate", "50/s", "--for", "1s", "--connections", "1"];
    let (code, report) =
        load(&target.url, &[&arguments[..], &["--slo", "service.p50<1h,errors<1%"]].concat()).await;
    assert_eq!(code, 99, "what was not sent is no success");
    assert_eq!(report.load.unwrap().asked, Some(50));
    // In a second there is time for four, one after the other.
    assert!(report.errors["not sent"] >= 46, "{:?}", report.errors);
    // At most four were sent; the fifth was due after 80 ms, and waited until the end.
    assert!(report.latency_us.unwrap().max >= 900_000.0);
    // What was never sent was never served.
    assert!(report.service_time_us.unwrap().min >= 300_000.0 * 0.99);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_by_status_and_by_problem() {
    let target = Target::start(Manner::BusyEverySecond);
    let arguments = ["--body", "{}", "--users", "2", "--requests", "100", "--for", "10m"];
    let (code, report) = load(&target.url, &arguments).await;
    assert_eq!(code, 0);
    let figures = report.load.unwrap();
    assert_eq!((figures.statuses[&202], figures.statuses[&503]), (50, 50));
    assert_eq!(figures.problems["/problems/overloaded"], 50);
    assert_eq!(report.errors["status 503"], 50);

    let (_, report) = load(&target.url, &[&arguments[..], &["--accept", "503"]].concat()).await;
    assert_eq!((report.requests.succeeded, report.requests.failed), (100, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_was_asked_and_loads_nothing() {
    let target = Target::start(Manner::Accept);
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("load.html").display().to_string();
    let arguments =
        ["--mix", "purchase=2,read", "--rate", "40/s", "--for", "500ms", "--html", &page];
    let told = output(command(&target.url, &arguments)).await;
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let text = String::from_utf8(told.stdout).unwrap();
    for line in ["  asked ", "  answers ", "  task ", "  purchase ", "model        open:"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(">asked</span>") && page.contains("<h2>Tasks</h2>"));
    for forbidden in ["<script", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(forbidden), "{forbidden} is in the page");
    }
}
