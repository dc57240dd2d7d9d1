//! Good days: what arrives, in which order, how fast, and what is told about it.

use replay::load_sink::{Demand, SinkSettings};
use traffic_archive::{Body, Exchange, Response};

use crate::bed::{Bed, at, sink, url};

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_in_the_order_that_was_demanded() {
    let bed = Bed::with_entries(1500, 40).await;
    for (order, demand, threads, connections) in [
        ("global", Demand::Global, 1, 1),
        ("key", Demand::Key, 1, 16),
        ("key", Demand::Key, 3, 16),
        ("none", Demand::None, 3, 16),
    ] {
        let sink =
            sink(SinkSettings { demand, faults: latency("0ms..2ms"), ..SinkSettings::default() })
                .await;
        let flags = format!("--max --order {order} --connections 16 --threads {threads} --quiet");
        let run = bed.run(&url(&sink), &flags).await;
        assert_eq!(run.code, Some(0), "{}", run.told());
        let verdict = sink.stop().await.unwrap();
        assert!(verdict.in_order, "{order}: {verdict}");
        assert_eq!((verdict.applied, verdict.twice, verdict.missing), (1500, 0, 0), "{verdict}");
        let report = run.report();
        assert_eq!(report["requests"]["succeeded"], 1500);
        assert!(report["inFlight"]["max"].as_u64().unwrap() <= connections, "{report}");
    }
}

pub(crate) fn latency(text: &str) -> replay::load_sink::Faults {
    replay::load_sink::Faults { latency: text.parse().unwrap(), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stretch_may_be_sent() {
    let bed = Bed::with_entries(100, 5).await;
    let sink = sink(SinkSettings::default()).await;
    let run = bed.run(&url(&sink), "--max --from 20 --to 60").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    let verdict = sink.stop().await.unwrap();
    assert_eq!((verdict.first, verdict.last, verdict.applied), (Some(20), Some(60), 41));
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_may_be_skipped_for_good() {
    let bed = Bed::with_entries(100, 5).await;
    let sink = sink(SinkSettings::default()).await;
    let run = bed.run(&url(&sink), "--max --to 50 --skip 1,20-25 --state @state").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    assert!(run.report()["facts"].to_string().contains("entries 1, 20-25"), "{}", run.told());
    // What was skipped is done: it does not come back.
    let run = bed.run(&url(&sink), "--max --state @state").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    let verdict = sink.stop().await.unwrap();
    assert_eq!((verdict.first, verdict.applied, verdict.missing), (Some(2), 93, 6), "{verdict}");
    assert_eq!((verdict.missing_stretches, verdict.twice), (vec![(20, 25)], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_threshold_has_an_exit_code_of_its_own() {
    let bed = Bed::with_entries(50, 5).await;
    let sink = sink(SinkSettings { faults: latency("5ms"), ..SinkSettings::default() }).await;
    let missed = bed.run(&url(&sink), "--max --slo p99<1ms").await;
    assert_eq!(missed.code, Some(99), "{}", missed.told());
    let met = bed.run(&url(&sink), "--max --slo p99<10s,errors<1% --html @report.html").await;
    assert_eq!(met.code, Some(0), "{}", met.told());
    let page = std::fs::read_to_string(bed.path("report.html")).unwrap();
    assert!(page.contains("replay serialout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_nobody_reads_costs_neither_page_nor_exit_code() {
    let bed = Bed::with_entries(50, 5).await;
    let sink = sink(SinkSettings { faults: latency("5ms"), ..SinkSettings::default() }).await;
    let mut run = bed.start(&url(&sink), "--max --slo p99<1ms --html @report.html");
    run.hang_up();
    assert_eq!(run.finish().await.code, Some(99));
    let page = std::fs::read_to_string(bed.path("report.html")).unwrap();
    assert!(page.contains("</html>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_tell_every_answer() {
    let bed = Bed::with_entries(30, 3).await;
    let sink = sink(SinkSettings { body: "[1]".to_owned(), ..SinkSettings::default() }).await;
    let run = bed.run(&url(&sink), "--max --outcomes @outcomes").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    let mut outcomes = bed.outcomes();
    outcomes.sort_by_key(|outcome| outcome.sequence);
    assert_eq!(outcomes.len(), 30);
    for (number, outcome) in (1..).zip(&outcomes) {
        assert_eq!(outcome.sequence.get(), number);
        assert_eq!((outcome.attempts, &outcome.error), (1, &None));
        let response = outcome.response.as_ref().unwrap();
        assert_eq!((response.status, response.body.text()), (200, Some("[1]")));
    }
    let again = bed.run(&url(&sink), "--max --outcomes @outcomes").await;
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("outcomes"), "{}", again.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_as_recorded_are_right_and_others_are_errors() {
    let status = |number: usize, status: u16| {
        let response =
            Response { status, headers: Vec::new(), body: Body::EMPTY, elapsed_us: None };
        Exchange { response: Some(response), ..Exchange::new(at(number), "GET", "/") }
    };
    let bed = Bed::with([status(0, 409), status(1, 409), status(2, 200)]).await;
    let settings = SinkSettings { status: "409".parse().unwrap(), ..SinkSettings::default() };
    let sink = sink(settings).await;
    let run = bed.run(&url(&sink), "--max").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    let report = run.report();
    assert_eq!(report["requests"]["succeeded"], 2, "{report}");
    assert_eq!(report["errors"]["status 409"], 1, "{report}");
}
