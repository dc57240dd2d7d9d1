//! A target that refuses, resets, hangs or is not there.

use std::time::{Duration, Instant};

use replay::load_sink::{Demand, Faults, LoadSink, SinkSettings};
use tokio::net::TcpSocket;

use crate::bed::{Bed, sink, url};

fn faults(busy: &str, resets: &str, hangs: &str) -> Faults {
    Faults {
        latency: "0ms..1ms".parse().unwrap(),
        busy: busy.parse().unwrap(),
        resets: resets.parse().unwrap(),
        hangs: hangs.parse().unwrap(),
        ..Faults::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_never_overtake() {
    let bed = Bed::with_entries(800, 20).await;
    for (order, demand) in [("key", Demand::Key), ("global", Demand::Global)] {
        let faults = faults("5%", "3%", "0.5%");
        let sink = sink(SinkSettings { demand, faults, ..SinkSettings::default() }).await;
        let flags =
            format!("--max --order {order} --threads 2 --timeout 300ms --outcomes @outcomes");
        let run = bed.run(&url(&sink), &flags).await;
        assert_eq!(run.code, Some(0), "{}", run.told());
        let verdict = sink.stop().await.unwrap();
        assert!(verdict.in_order, "{order}: {verdict}");
        assert_eq!(verdict.applied, 800, "{verdict}");
        assert!(verdict.refused > 0 && verdict.twice > 0, "too good a day: {verdict}");
        let report = run.report();
        assert_eq!(report["requests"]["succeeded"], 800);
        assert!(report["requests"]["retries"].as_u64().unwrap() >= verdict.requests - 800);
        assert!(bed.outcomes().iter().any(|outcome| outcome.attempts > 1));
        std::fs::remove_file(bed.path("outcomes")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_asks_for_time_gets_it() {
    let bed = Bed::with_entries(40, 40).await;
    let sink = sink(SinkSettings {
        faults: faults("20%", "0%", "0%"),
        retry_after: Some(Duration::from_secs(1)),
        ..SinkSettings::default()
    })
    .await;
    let begin = Instant::now();
    let run = bed.run(&url(&sink), "--max").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    let verdict = sink.stop().await.unwrap();
    assert!(verdict.refused > 0, "too good a day: {verdict}");
    assert!(begin.elapsed() >= Duration::from_secs(1));
    // With waits of its own it would have asked far more often.
    assert!(verdict.refused < 25, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_for_good_ends_the_run_and_nothing_is_skipped() {
    let bed = Bed::with_entries(20, 1).await;
    let hanging =
        sink(SinkSettings { faults: faults("0%", "0%", "100%"), ..SinkSettings::default() });
    let hanging = hanging.await;
    let flags = "--max --timeout 100ms --retries 2 --state @state";
    let run = bed.run(&url(&hanging), flags).await;
    assert_eq!(run.code, Some(1), "{}", run.told());
    assert!(run.stderr.contains("gave up on entry 1: timeout"), "{}", run.told());
    assert_eq!(run.report()["requests"]["failed"], 1);
    let verdict = hanging.stop().await.unwrap();
    assert_eq!(verdict.requests, 3, "{verdict}");

    let sink = sink(SinkSettings::default()).await;
    let run = bed.run(&url(&sink), flags).await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    assert!(run.stderr.contains("entry 1 may be sent twice"), "{}", run.told());
    let verdict = sink.stop().await.unwrap();
    assert_eq!((verdict.applied, verdict.missing, verdict.first), (20, 0, Some(1)), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_be_given_up_so_that_the_others_go_on() {
    let bed = Bed::with_entries(60, 3).await;
    let sink = sink(SinkSettings { faults: faults("100%", "0%", "0%"), ..SinkSettings::default() });
    let sink = sink.await;
    let flags = "--max --retries 0 --on-give-up continue --outcomes @outcomes";
    let run = bed.run(&url(&sink), flags).await;
    assert_eq!(run.code, Some(1), "{}", run.told());
    assert_eq!(run.report()["requests"]["failed"], 60);
    let outcomes = bed.outcomes();
    assert_eq!(outcomes.len(), 60);
    assert!(outcomes.iter().all(|outcome| outcome.error.is_some() && outcome.response.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_starts_late_gets_everything() {
    let bed = Bed::with_entries(50, 5).await;
    // Taken, so that nobody else gets it, but nobody listens yet.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let run = bed.start(&format!("http://{}", socket.local_addr().unwrap()), "--max");
    tokio::time::sleep(Duration::from_millis(400)).await;
    let sink = LoadSink::start(socket.listen(128).unwrap(), &SinkSettings::default()).unwrap();
    let run = run.finish().await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    let verdict = sink.stop().await.unwrap();
    assert!(verdict.in_order, "{verdict}");
    assert_eq!((verdict.applied, verdict.twice), (50, 0), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_before_damage_is_sent_and_the_damage_is_named() {
    let bed = Bed::with_entries(3000, 10).await;
    let segment = bed.path("archive/segment-000003.jsonl.zst");
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&segment, bytes).unwrap();
    let sink = sink(SinkSettings::default()).await;
    let run = bed.run(&url(&sink), "--max --state @state").await;
    assert_eq!(run.code, Some(1), "{}", run.told());
    assert!(run.stderr.contains("error: segment-000003.jsonl.zst"), "{}", run.told());
    let verdict = sink.stop().await.unwrap();
    assert!(verdict.in_order, "{verdict}");
    let goes_on = run.report()["facts"].to_string();
    let expected = format!("entry {}", verdict.applied + 1);
    assert!(verdict.applied > 0 && goes_on.contains(&expected), "{}", run.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_run_and_no_outcome_is_missing_after_it_went_on() {
    let bed = Bed::with_entries(2000, 20).await;
    let sink = sink(SinkSettings::default()).await;
    let flags = "--max --state @state --outcomes @outcomes";
    // Room for the state, and for a part of the outcomes.
    let run = bed.start_on_small_disk(&url(&sink), flags, 150).finish().await;
    assert_eq!(run.code, Some(1), "{}", run.told());
    assert!(run.stderr.contains("outcomes: File too large"), "{}", run.told());
    assert!(sink.verdict().applied < 2000);

    let run = bed.run(&url(&sink), flags).await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    let verdict = sink.stop().await.unwrap();
    assert!(verdict.in_order, "{verdict}");
    assert_eq!((verdict.applied, verdict.missing), (2000, 0), "{verdict}");
    let mut told: Vec<u64> = bed.outcomes().iter().map(|outcome| outcome.sequence.get()).collect();
    told.sort_unstable();
    told.dedup();
    assert!(told.into_iter().eq(1..=2000), "every request has an outcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_time_than_there_is_gets_none() {
    let bed = Bed::with_entries(3, 1).await;
    let sink = sink(SinkSettings {
        faults: faults("100%", "0%", "0%"),
        retry_after: Some(Duration::from_hours(1)),
        ..SinkSettings::default()
    })
    .await;
    let run = bed.run(&url(&sink), "--max --give-up 1m").await;
    assert_eq!(run.code, Some(1), "{}", run.told());
    assert!(run.stderr.contains("gave up on entry 1: status"), "{}", run.told());
    assert_eq!(sink.stop().await.unwrap().requests, 1);
}
