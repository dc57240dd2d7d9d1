//! Waking on time, on any runtime.

use std::time::{Duration, Instant};

use measure::{Alarm, Latencies, Pace, Percentile, Rate, Schedule, Start};
use tokio::task::JoinSet;
use tokio::time::timeout;

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(30);
/// The bound on how late a start may be, at the rate below.
const P99_BELOW: Duration = Duration::from_millis(2);
const RATE_PER_SECOND: f64 = 1_000.0;
const STARTS: u32 = 500;
/// Other programs can make everybody late now and then, but not every time.
const ROUNDS_MAX: u32 = 20;

#[tokio::test]
async fn what_is_due_is_not_waited_for() {
    let alarm = Alarm::start().unwrap();
    let begin = Instant::now();
    alarm.until(begin).await;
    alarm.wait_for(Start::At(begin)).await;
    alarm.wait_for(Start::Whenever).await;
    assert!(begin.elapsed() < 50 * MS);
}

#[tokio::test]
async fn nobody_is_woken_early_and_everybody_is_in_the_end() {
    let alarm = Alarm::start().unwrap();
    let begin = Instant::now();
    let mut waiting = JoinSet::new();
    for number in 0..1_000_u32 {
        let alarm = alarm.clone();
        // Not in order of time, and many at the same.
        let due = begin + MS * (number * 7 % 50);
        waiting.spawn(async move {
            alarm.until(due).await;
            assert!(Instant::now() >= due);
        });
    }
    timeout(LONG, waiting.join_all()).await.unwrap();
}

#[tokio::test]
async fn an_earlier_time_overtakes_a_later_one() {
    let alarm = Alarm::start().unwrap();
    let now = Instant::now();
    let mut late = Box::pin(alarm.until(now + LONG * 2));
    assert!(timeout(MS, &mut late).await.is_err(), "it is not due");
    timeout(LONG, alarm.until(now + 5 * MS)).await.unwrap();
    drop(late);
    timeout(LONG, alarm.until(Instant::now() + 5 * MS)).await.unwrap();
}

#[tokio::test]
async fn a_future_that_outlives_every_alarm_still_completes() {
    let alarm = Alarm::start().unwrap();
    let until = alarm.until(Instant::now() + 20 * MS);
    drop(alarm);
    timeout(LONG, until).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_thousand_a_second_starts_are_on_time() {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS_MAX {
        let late = tokio::spawn(lateness()).await.unwrap();
        best = best.min(late.at(Percentile::P99).unwrap());
        if best < P99_BELOW {
            return;
        }
    }
    panic!("the best p99 of the start-time error was {best:?}");
}

async fn lateness() -> Latencies {
    let alarm = Alarm::start().unwrap();
    let rate = Rate::per_second(RATE_PER_SECOND).unwrap();
    let mut schedule = Schedule::new(Pace::Steady(rate), Instant::now());
    let mut late = Latencies::new();
    for _ in 0..STARTS {
        let Start::At(intended) = schedule.next(Duration::ZERO) else { panic!("it has a rate") };
        alarm.until(intended).await;
        late.record(intended.elapsed());
    }
    late
}
