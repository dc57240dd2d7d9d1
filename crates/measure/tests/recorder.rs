//! What recorders and a measurement count, against naive models.

use std::thread;
use std::time::{Duration, Instant};

use measure::{ErrorKind, Measurement, Pace, Percentile, Rate, Schedule, Start};
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);

/// Whether a value read back is this one, a thousandth too high at most.
fn about(found: Option<Duration>, naive: Duration) -> bool {
    found.is_some_and(|found| found >= naive && found <= naive + naive / 1_000 + MS / 1_000)
}

#[test]
fn a_request_has_three_times() {
    let measurement = Measurement::begin().unwrap();
    let recorder = measurement.recorder();
    let intended = Instant::now();
    let request = recorder.start_at(intended, intended + 30 * MS);
    assert_eq!((request.intended(), request.sent()), (intended, intended + 30 * MS));
    request.ended_at(intended + 50 * MS, Ok(()));
    let run = measurement.finish();
    assert!(about(run.latency().max(), 50 * MS));
    assert!(about(run.service_time().max(), 20 * MS));
    assert!(about(run.start_delay().max(), 30 * MS));
}

#[test]
fn what_has_no_intended_start_is_never_late() {
    let measurement = Measurement::begin().unwrap();
    let sent = Instant::now();
    measurement.recorder().start_at(Start::Whenever, sent).ended_at(sent + 7 * MS, Ok(()));
    let run = measurement.finish();
    assert!(about(run.latency().max(), 7 * MS));
    assert_eq!(run.start_delay().max(), Some(Duration::ZERO));
}

#[test]
fn failed_requests_count_by_kind_and_in_the_latency() {
    let measurement = Measurement::begin().unwrap();
    let recorder = measurement.recorder();
    let now = Instant::now();
    recorder.start_at(now, now).ended_at(now + MS, Ok(()));
    recorder.start_at(now, now).ended_at(now + 900 * MS, Err(ErrorKind::TIMEOUT));
    for _ in 0..2 {
        recorder.start_at(now, now).ended_at(now + 2 * MS, Err(ErrorKind::Status(503)));
    }
    drop(recorder.start_at(now, now));
    let retried = recorder.start_at(now, now);
    retried.retried();
    retried.retried();
    retried.ended_at(now + 3 * MS, Ok(()));
    let run = measurement.finish();
    assert_eq!((run.ended(), run.succeeded(), run.failed(), run.retries()), (6, 2, 4, 2));
    let errors: Vec<_> = run.errors().iter().map(|(kind, n)| (kind.to_string(), *n)).collect();
    let expected = [("status 503", 2), ("abandoned", 1), ("timeout", 1)];
    assert_eq!(errors, expected.map(|(kind, count)| (kind.to_owned(), count)));
    assert!(about(run.latency().max(), 900 * MS));
    assert_eq!(run.error_latency().count(), 4);
    assert_eq!(run.unfinished, 0);
}

#[test]
fn what_is_under_way_at_the_end_is_told_apart() {
    let measurement = Measurement::begin().unwrap();
    let recorder = measurement.recorder();
    let slow = recorder.start(Start::Whenever);
    recorder.start(Start::Whenever).succeeded();
    let live = measurement.live();
    assert_eq!((live.ended, live.in_flight), (1, 1));
    let run = measurement.finish();
    assert_eq!((run.ended(), run.unfinished), (1, 1));
    slow.succeeded();
}

#[test]
fn workers_on_many_threads_lose_nothing() {
    const WORKERS: u64 = 12;
    const REQUESTS: u64 = 5_000;
    let measurement = Measurement::begin().unwrap();
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let recorder = measurement.recorder();
            scope.spawn(move || {
                for number in 0..REQUESTS {
                    let now = Instant::now();
                    let outcome = if number % 10 == 0 { Err(ErrorKind::OTHER) } else { Ok(()) };
                    let latency = MS * u32::try_from(worker + 1).unwrap();
                    recorder.start_at(now, now).ended_at(now + latency, outcome);
                }
            });
        }
    });
    let run = measurement.finish();
    assert_eq!(run.failed(), WORKERS * REQUESTS / 10);
    assert_eq!(run.ended(), WORKERS * REQUESTS);
    assert_eq!(run.errors()[&ErrorKind::OTHER], WORKERS * REQUESTS / 10);
    for (latency, worker) in run.latency().iter().zip(1..) {
        assert!(about(Some(latency.0), MS * worker));
        assert_eq!(latency.1, REQUESTS, "of worker {worker}");
    }
}

#[test]
fn the_series_holds_what_the_run_holds() {
    let measurement = Measurement::begin().unwrap();
    let recorder = measurement.recorder();
    let end = Instant::now() + 1_700 * MS;
    let held = recorder.start(Start::Whenever);
    while Instant::now() < end {
        recorder.start(Start::Whenever).succeeded();
        thread::sleep(MS);
    }
    held.failed(ErrorKind::TIMEOUT);
    let run = measurement.finish();
    let intervals = run.series.intervals();
    assert_eq!(intervals.iter().map(measure::Interval::ended).sum::<u64>(), run.ended());
    let last = intervals.last().unwrap();
    assert_eq!(last.errors[&ErrorKind::TIMEOUT], 1);
    assert!(last.latency_at(Percentile::new(100.0).unwrap()).unwrap() > 1_600 * MS);
    assert!(intervals.iter().all(|interval| interval.in_flight.max >= 1));
    let length: Duration = intervals.iter().map(|interval| interval.length).sum();
    assert_eq!(length, run.elapsed);
}

proptest! {
    /// One worker, one request at a time, a target that sometimes stalls: whoever measures from the
    /// real start sees only the stalls; users saw the queue behind them.
    #[test]
    fn a_queue_before_a_slow_target_is_in_the_latency(
        service_times in prop::collection::vec(
            prop_oneof![9 => 1_u64..900, 1 => 1_000_u64..50_000], 1..200,
        ),
    ) {
        let measurement = Measurement::begin().unwrap();
        let recorder = measurement.recorder();
        let begin = Instant::now();
        let mut schedule = Schedule::new(Pace::Steady(Rate::per_second(1e3).unwrap()), begin);
        let mut free_at = begin;
        let mut naive_wait = 0_u64;
        let mut naive = Vec::new();
        for (number, service_time) in service_times.iter().enumerate() {
            let Start::At(intended) = schedule.next(Duration::ZERO) else { panic!("it has a rate") };
            let sent = intended.max(free_at);
            free_at = sent + Duration::from_micros(*service_time);
            recorder.start_at(intended, sent).ended_at(free_at, Ok(()));
            // Lindley's recursion, in whole microseconds: requests come every thousand.
            if number > 0 {
                naive_wait = (naive_wait + service_times[number - 1]).saturating_sub(1_000);
            }
            naive.push(naive_wait + service_time);
        }
        let run = measurement.finish();
        naive.sort_unstable();
        for (percentile, rank) in [(Percentile::P50, 50), (Percentile::P99, 99)] {
            let rank = (naive.len() * rank).div_ceil(100);
            let naive = Duration::from_micros(naive[rank - 1]);
            let found = run.latency().at(percentile);
            prop_assert!(about(found, naive), "{percentile} is {found:?}, not {naive:?}");
        }
        let longest = service_times.iter().max().copied().unwrap_or_default();
        prop_assert!(about(run.service_time().max(), Duration::from_micros(longest)));
    }
}
