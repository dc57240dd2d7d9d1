use super::*;
use crate::Slo;
use crate::testing::{empty_run, stormy_run};

/// Version 1 as it was published. Fields may be added; what is there stays.
const GOLDEN_JSON: &str = include_str!("../../tests/golden/report-v1.json");

fn stormy() -> Report {
    let run = stormy_run();
    let slo: Slo = "p50<5ms, p99<10ms, service.p99 < 1s, errors<0.1%, rate>=990/s".parse().unwrap();
    Report::new("serialout shop.archive to http://127.0.0.1:8000", &run)
        .fact("order", "key")
        .fact("pace", "1000/s")
        .fact("filter", "<all> & \"more\"")
        .judged(slo.judge(&run))
}

#[test]
fn the_text_is_made_for_a_terminal() {
    insta::assert_snapshot!(stormy().to_text());
}

#[test]
fn a_run_without_requests_has_a_text_too() {
    let run = empty_run();
    let slo: Slo = "p99<1s,errors<100%".parse().unwrap();
    insta::assert_snapshot!(Report::new("serialout", &run).judged(slo.judge(&run)).to_text());
}

#[test]
fn the_page_is_as_it_was() {
    insta::assert_snapshot!(stormy().to_html());
}

#[test]
fn the_json_is_as_it_was_published() {
    let json = stormy().to_json();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report-v1.json");
        std::fs::write(path, &json).unwrap();
        return;
    }
    assert!(json == GOLDEN_JSON, "the report's JSON differs from tests/golden/report-v1.json");
}

#[test]
fn json_that_was_published_stays_readable() {
    assert!(Report::from_json(GOLDEN_JSON).unwrap() == stormy());
}

#[test]
fn other_json_is_refused_with_the_reason() {
    let error = |json: &str| Report::from_json(json).unwrap_err().to_string();
    assert!(error("{}").contains("missing field `version`"), "{}", error("{}"));
    assert_eq!(error("{\"version\":2}"), "the report's version is 2, this build reads 1");
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    for page in [stormy().to_html(), Report::new("empty", &empty_run()).to_html()] {
        for forbidden in ["<script", "src=", "href=", "@import", "url(", "onload"] {
            assert!(!page.contains(forbidden), "{forbidden} is in the page");
        }
        assert!(page.contains("prefers-color-scheme: dark"));
    }
}

#[test]
fn what_users_typed_is_text_in_the_page_not_markup() {
    let page = stormy().to_html();
    assert!(page.contains("&lt;all&gt; &amp; &quot;more&quot;"));
    assert!(page.contains("&lt;strange&gt; &amp; &quot;odd&quot;"));
    assert!(!page.contains("<strange>") && !page.contains("<all>"));
}

#[test]
fn every_number_in_the_page_is_one() {
    for page in [stormy().to_html(), Report::new("empty", &empty_run()).to_html()] {
        for dust in ["NaN", "inf", "0000000001", "9999999999"] {
            assert!(!page.contains(dust), "{dust} is in the page");
        }
    }
}

#[test]
fn the_figures_agree_with_one_another() {
    let report = stormy();
    let sum = |part: fn(&IntervalFigures) -> u64| report.intervals.iter().map(part).sum::<u64>();
    assert_eq!(sum(|interval| interval.succeeded), report.requests.succeeded);
    assert_eq!(sum(IntervalFigures::failed), report.requests.failed);
    assert_eq!(sum(|interval| interval.retries), report.requests.retries);
    assert_eq!(report.errors.values().sum::<u64>(), report.requests.failed);
    let counted: u64 = report.distribution.iter().map(|bin| bin.count).sum();
    assert_eq!(counted, report.requests.ended);
    for pair in report.distribution.windows(2) {
        assert!((pair[0].to_us - pair[1].from_us).abs() < f64::EPSILON, "{pair:?} has a gap");
    }
    let (times, bins) = (report.latency_us.unwrap(), &report.distribution);
    assert!(times.min > bins[0].from_us && times.min <= bins[0].to_us);
    let last = bins.last().unwrap();
    assert!(times.max > last.from_us && times.max <= last.to_us);
    for interval in &report.intervals {
        let latency = interval.latency_us.unwrap();
        assert!(latency.p50 >= times.min && latency.max <= times.max * 1.01, "{latency:?}");
        assert!(latency.p50 <= latency.p90 && latency.p90 <= latency.p99, "{latency:?}");
        assert!(latency.p99 <= latency.max, "{latency:?}");
    }
    for pair in report.intervals.windows(2) {
        let end = pair[0].from_seconds + pair[0].seconds;
        assert!((pair[1].from_seconds - end).abs() < 0.0011, "{end} is not where the next begins");
    }
}

fn loaded() -> Report {
    let stage = |name: &str, from_seconds, seconds, from, to| StageFigures {
        name: name.to_owned(),
        from_seconds,
        seconds,
        from,
        to,
        unit: LevelUnit::PerSecond,
    };
    let run = stormy_run();
    let latencies = run.latency();
    Report::new("load", &run).loaded(LoadFigures {
        asked: Some(95_000),
        stages: vec![
            stage("ramp:1000/s:10s", 0.0, 10.0, 0.0, 1_000.0),
            stage("hold:80s", 10.0, 80.0, 1_000.0, 1_000.0),
        ],
        statuses: BTreeMap::from([(202, 90_122), (503, 184)]),
        problems: BTreeMap::from([("/problems/<odd>".to_owned(), 184)]),
        bytes_sent: Some(1_000_000),
        bytes_received: 2_000_000,
        tasks: vec![
            TaskFigures::new("purchase", 278, &latencies),
            TaskFigures::new("read", 0, &Latencies::new()),
        ],
        warnings: vec!["the load generator itself was the limit".to_owned()],
    })
}

#[test]
fn a_load_tells_what_was_asked_and_what_was_answered() {
    let text = loaded().to_text();
    for line in [
        "  asked               95,000  1,056/s\n",
        "  answers             90,122  status 202\n",
        "                         184  status 503\n",
        "                         184  problem /problems/<odd>\n",
        "  bytes            1,000,000  sent\n",
        "                   2,000,000  received\n",
        "  WARNING      the load generator itself was the limit\n",
        "  read                 0         0         -         -         -         -\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let page = loaded().to_html();
    for part in [
        "<dt>asked</dt><dd>95,000 requests, 1,056/s</dd>",
        "<th>problem /problems/&lt;odd&gt;</th><td>184</td>",
        "<i></i><span>asked</span>",
        "Warning:</span> the load generator itself was the limit",
        "<h2>Tasks</h2>",
    ] {
        assert!(page.contains(part), "{part:?} is not in the page");
    }
}

#[test]
fn a_load_is_read_from_its_json() {
    assert!(Report::from_json(&loaded().to_json()).unwrap() == loaded());
}
