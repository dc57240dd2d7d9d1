//! The program is killed in the middle, again and again: no gap, no swap within a key, and nothing
//! comes twice that it did not say.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use replay::load_sink::{Demand, Faults, SinkSettings};

use crate::bed::{Bed, sink, url};

/// How often the program is killed; more rounds take longer and find more.
fn rounds() -> usize {
    let rounds = std::env::var("SERIATIM_CRASH_ROUNDS");
    rounds.map_or(20, |rounds| rounds.parse().expect("SERIATIM_CRASH_ROUNDS is a number"))
}

/// More than so many rounds get through.
fn entries(at_least: usize, a_round: usize) -> usize {
    at_least + a_round * rounds()
}

/// Kills the program so often, each time a little later in its life, then lets it end. Gives what it
/// said might be sent twice.
async fn crash_and_finish(bed: &Bed, target: &str, flags: &str) -> BTreeSet<u64> {
    let mut told = BTreeSet::new();
    for round in 0..rounds() {
        let mut child = bed.start(target, flags);
        tokio::time::sleep(Duration::from_millis(60 + 37 * (round as u64 % 7))).await;
        child.kill();
        let killed = child.finish().await;
        assert_eq!(killed.code, None, "round {round} ended by itself: {}", killed.told());
        told.extend(killed.in_doubt());
    }
    let last = bed.run(target, flags).await;
    assert_eq!(last.code, Some(0), "{}", last.told());
    told.extend(last.in_doubt());
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_swapped_and_what_comes_twice_was_told() {
    let entries = entries(1000, 600);
    let bed = Bed::with_entries(entries, 30).await;
    let sink = sink(SinkSettings {
        demand: Demand::Key,
        faults: Faults { latency: "1ms..6ms".parse().unwrap(), ..Faults::default() },
        record: Some(bed.path("record")),
        ..SinkSettings::default()
    })
    .await;
    let flags = "--rate 2000/s --connections 8 --threads 3 --state @state --outcomes @outcomes";
    let told = crash_and_finish(&bed, &url(&sink), flags).await;
    let verdict = sink.stop().await.unwrap();
    assert!(verdict.in_order, "{verdict}");
    assert_eq!((verdict.applied, verdict.missing), (entries as u64, 0), "{verdict}");
    let again = bed.record().into_iter().filter(|line| line["again"] == true);
    let again: BTreeSet<u64> = again.map(|line| line["sequence"].as_u64().unwrap()).collect();
    assert!(again.is_subset(&told), "came twice: {again:?}, told: {told:?}");
    assert!(told.len() <= 8 * rounds(), "at most what is under way: {told:?}");
    let outcomes: BTreeSet<u64> =
        bed.outcomes().iter().map(|outcome| outcome.sequence.get()).collect();
    assert!(outcomes.into_iter().eq(1..=entries as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_order_survives_crashes_on_a_bad_day() {
    let entries = entries(500, 120);
    let bed = Bed::with_entries(entries, 30).await;
    let sink = sink(SinkSettings {
        demand: Demand::Global,
        faults: Faults {
            latency: "0ms..1ms".parse().unwrap(),
            busy: "2%".parse().unwrap(),
            resets: "2%".parse().unwrap(),
            ..Faults::default()
        },
        ..SinkSettings::default()
    })
    .await;
    let told = crash_and_finish(&bed, &url(&sink), "--max --order global --state @state").await;
    let verdict = sink.stop().await.unwrap();
    assert!(verdict.in_order, "{verdict}");
    assert_eq!((verdict.applied, verdict.missing), (entries as u64, 0), "{verdict}");
    assert!(told.len() <= rounds(), "at most the one under way: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_waits_reports_and_goes_on_without_doubt() {
    let bed = Bed::with_entries(2000, 10).await;
    let sink = sink(SinkSettings {
        faults: Faults { latency: "20ms".parse().unwrap(), ..Faults::default() },
        ..SinkSettings::default()
    })
    .await;
    let child = bed.start(&url(&sink), "--max --connections 10 --state @state");
    let pid = child.pid().to_string();
    while sink.verdict().applied < 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let interrupted = child.finish().await;
    assert_eq!(interrupted.code, Some(130), "{}", interrupted.told());
    let sent = sink.verdict().applied;
    assert_eq!(interrupted.report()["requests"]["succeeded"], sent);
    assert!(sent < 2000);

    let rest = bed.run(&url(&sink), "--max --order none --state @state").await;
    assert_eq!(rest.code, Some(0), "{}", rest.told());
    assert!(rest.stderr.contains("nothing is sent twice"), "{}", rest.told());
    let verdict = sink.stop().await.unwrap();
    assert_eq!((verdict.applied, verdict.twice, verdict.missing), (2000, 0, 0), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_can_not_share_a_state() {
    let bed = Bed::with_entries(500, 10).await;
    let sink = sink(SinkSettings {
        faults: Faults { latency: "50ms".parse().unwrap(), ..Faults::default() },
        ..SinkSettings::default()
    })
    .await;
    let first = bed.start(&url(&sink), "--max --connections 1 --state @state");
    while sink.verdict().requests == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = bed.run(&url(&sink), "--max --state @state").await;
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("in use by another run"), "{}", second.told());
    drop(first);
}
