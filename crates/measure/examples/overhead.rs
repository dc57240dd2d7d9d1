//! What measuring itself costs here: `cargo run --release -p measure --example overhead`.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use measure::{Alarm, Latencies, Measurement, Pace, Percentile, Rate, Recorder, Schedule, Start};
use tokio::time::sleep_until;

const RECORDS: u32 = 5_000_000;
const RATE_PER_SECOND: f64 = 1_000.0;
const STARTS: u32 = 1_000;
/// The best one tells what the machine can do, the worst one what else it had to do.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for workers in [1, 2, 8] {
        let cost = record(workers)?;
        println!("record, {workers} workers: {:.0} ns of processor time", cost.as_secs_f64() * 1e9);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for busy in [0, 1, 2] {
        let work: Vec<_> = (0..busy).map(|_| Busy::start()).collect();
        let (mut alarm, mut tokio) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            alarm.push(runtime.block_on(runtime.spawn(with_alarm()))?);
            tokio.push(runtime.block_on(runtime.spawn(with_tokio()))?);
        }
        drop(work);
        println!("start-time error, {busy} busy threads beside, alarm: {}", show(&alarm));
        println!("start-time error, {busy} busy threads beside, tokio: {}", show(&tokio));
    }
    Ok(())
}

/// Starts and ends requests on so many threads; the time of one, clock readings included.
fn record(workers: u32) -> std::io::Result<Duration> {
    let measurement = Measurement::begin()?;
    let spent: Duration = thread::scope(|scope| {
        let recorders: Vec<Recorder> = (0..workers).map(|_| measurement.recorder()).collect();
        let threads: Vec<_> =
            recorders.into_iter().map(|recorder| scope.spawn(move || worker(&recorder))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    let run = measurement.finish();
    assert_eq!(run.succeeded(), u64::from(workers) * u64::from(RECORDS));
    Ok(spent / (workers * RECORDS))
}

fn worker(recorder: &Recorder) -> Duration {
    let begin = time_on_a_core();
    for _ in 0..RECORDS {
        black_box(recorder.start(Start::Whenever)).succeeded();
    }
    time_on_a_core().saturating_sub(begin)
}

/// How long this thread has run; what others on the machine take is not in it. (The first figure of
/// Linux's `schedstat` is nanoseconds on a core.)
fn time_on_a_core() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok());
    Duration::from_nanos(first.expect("this needs Linux"))
}

async fn with_alarm() -> Latencies {
    let alarm = Alarm::start().expect("a thread");
    let mut schedule = schedule();
    let mut late = Latencies::new();
    for _ in 0..STARTS {
        let Start::At(intended) = schedule.next(Duration::ZERO) else { continue };
        alarm.until(intended).await;
        late.record(intended.elapsed());
    }
    late
}

async fn with_tokio() -> Latencies {
    let mut schedule = schedule();
    let mut late = Latencies::new();
    for _ in 0..STARTS {
        let Start::At(intended) = schedule.next(Duration::ZERO) else { continue };
        sleep_until(intended.into()).await;
        late.record(intended.elapsed());
    }
    late
}

fn schedule() -> Schedule {
    let rate = Rate::per_second(RATE_PER_SECOND).expect("a rate");
    Schedule::new(Pace::Steady(rate), Instant::now())
}

fn show(rounds: &[Latencies]) -> String {
    let at = |percentile| {
        let mut rounds: Vec<_> = rounds.iter().filter_map(|late| late.at(percentile)).collect();
        rounds.sort_unstable();
        [rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1]]
    };
    let [best, middle, worst] = at(Percentile::P99);
    let [_, p50, _] = at(Percentile::P50);
    format!("p50 {p50:?}, p99 {best:?} to {worst:?}, mostly {middle:?}")
}

/// A thread that does nothing but take time.
struct Busy(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Busy {
    fn start() -> Self {
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let seen = stop.clone();
        thread::spawn(move || while !seen.load(std::sync::atomic::Ordering::Relaxed) {});
        Self(stop)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
