//! Requests are due when they were recorded, at the pace that was asked for, and what is late is told.
//!
//! How late requests are is the machine's affair, and the benchmark's. What holds on any machine: no
//! request is sent before it is due, and one that is late is late in the report. A run begins at a moment
//! that only itself knows. But a request that is due `offset` after it reaches the sink no earlier than
//! `begin + offset`, and no later than `begin + offset + latency`, if and only if both are counted from
//! when it was due.

use replay::load_sink::SinkSettings;
use serde_json::Value;

use crate::bed::{Bed, Finished, sink, url};
use crate::results::latency;

/// Recorded a millisecond apart.
const ENTRIES: u32 = 300;

/// A pace, and how far apart requests are due, in microseconds.
const PACES: [(&str, f64); 3] =
    [("--pace original", 1e3), ("--pace 2x", 500.0), ("--rate 3000/s", 1e6 / 3e3)];

/// What histograms may round up.
const ROUNDING: f64 = 1.002;

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_due_as_they_were_recorded_and_none_is_early() {
    let bed = Bed::with_entries(ENTRIES as usize, 50).await;
    for (pace, gap_us) in PACES {
        let span = f64::from(ENTRIES - 1) * gap_us / 1e6;
        let forecast = bed.run("http://127.0.0.1:1", &format!("{pace} --dry-run")).await.report();
        let seconds = forecast["seconds"].as_f64().unwrap();
        assert!((seconds - span).abs() < 1e-6, "{pace}: {seconds} s");

        let (run, lags) = run(&bed, SinkSettings::default(), pace, gap_us).await;
        let elapsed = run.report()["elapsedSeconds"].as_f64().unwrap();
        assert!(elapsed >= span, "{pace}: {elapsed} s");
        no_lateness_is_hidden(&run.report(), &lags);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_slow_answer_requests_are_late_and_that_is_in_their_latency() {
    let bed = Bed::with_entries(ENTRIES as usize, 50).await;
    for (pace, gap_us) in PACES {
        let slow = SinkSettings { faults: latency("3ms"), ..SinkSettings::default() };
        let flags = format!("{pace} --order global");
        let (run, lags) = run(&bed, slow, &flags, gap_us).await;
        let report = run.report();
        no_lateness_is_hidden(&report, &lags);
        // One after the other, three milliseconds each: the last can't be sent any earlier.
        let late = f64::from(ENTRIES - 1) * (3e3 - gap_us);
        for times in ["startDelayUs", "latencyUs"] {
            let longest = report[times]["max"].as_f64().unwrap();
            assert!(longest * ROUNDING >= late, "{pace}: {times} {longest}");
        }
    }
}

/// Sends everything at this pace. Gives how long after it was due each request reached the sink, in
/// microseconds, counted from when the sink was started.
async fn run(bed: &Bed, settings: SinkSettings, flags: &str, gap_us: f64) -> (Finished, Vec<f64>) {
    let sink = sink(SinkSettings { record: Some(bed.path("record")), ..settings }).await;
    let run = bed.run(&url(&sink), flags).await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    assert!(sink.stop().await.unwrap().in_order);
    let lag = |line: &Value| {
        let before = u32::try_from(line["sequence"].as_u64().unwrap() - 1).unwrap();
        line["atUs"].as_f64().unwrap() - f64::from(before) * gap_us
    };
    let lags: Vec<f64> = bed.record().iter().map(lag).collect();
    assert_eq!(lags.len(), ENTRIES as usize);
    (run, lags)
}

/// The run began no later than the least lag says, so what lags behind that is latency.
fn no_lateness_is_hidden(report: &Value, lags: &[f64]) {
    let of = |times: &str, which: &str| report[times][which].as_f64().unwrap();
    let least = lags.iter().copied().fold(f64::INFINITY, f64::min);
    let most = lags.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = lags.iter().sum::<f64>() / f64::from(ENTRIES);
    for (lag, which) in [(most - least, "max"), (mean - least, "mean")] {
        let latency = of("latencyUs", which);
        assert!(
            lag <= latency * ROUNDING,
            "{which}: {latency}, but {lag} behind the first: {report}"
        );
    }
    // From when it was due to when it was sent, and from there to the answer: nothing is left out.
    let sum = of("serviceTimeUs", "mean") + of("startDelayUs", "mean");
    let ratio = sum / of("latencyUs", "mean");
    assert!((1.0 / ROUNDING..=ROUNDING).contains(&ratio), "{sum}: {report}");
}
