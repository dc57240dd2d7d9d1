//! A report to look at: `cargo run -p measure --example report > report.html`.
//!
//! Requests go to a pretended target that answers after two milliseconds, one a time in eight lanes,
//! and stalls for a third of a second in the middle: what that does to the queue before it is in the
//! latency and not in the service time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use measure::{Alarm, ErrorKind, Measurement, Progress, Report, Schedule, Slo};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

const PACE: &str = "1000/s";
const REQUESTS: u64 = 6_000;
const LANES: usize = 8;
const STALL_AT: u64 = 3_000;
const STALL: Duration = Duration::from_millis(333);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let alarm = Alarm::start()?;
    let measurement = Measurement::begin()?;
    let progress = Progress::new("requests", Some(REQUESTS));
    let mut schedule = Schedule::new(PACE.parse()?, Instant::now());
    let lanes = Arc::new(Semaphore::new(LANES));
    let mut requests = JoinSet::new();
    for number in 0..REQUESTS {
        let start = schedule.next(Duration::ZERO);
        alarm.wait_for(start).await;
        let (recorder, lanes) = (measurement.recorder(), Arc::clone(&lanes));
        let all = if number == STALL_AT { u32::try_from(LANES)? } else { 1 };
        requests.spawn(async move {
            let lane = lanes.acquire_many(all).await;
            let request = recorder.start(start);
            sleep(if number == STALL_AT { STALL } else { Duration::from_millis(2) }).await;
            drop(lane);
            match number % 997 {
                0 => request.failed(ErrorKind::Status(503)),
                _ => request.succeeded(),
            }
        });
        progress.advance(1);
        if number % 100 == 0 {
            progress.show(&measurement);
        }
    }
    requests.join_all().await;
    progress.finish();
    let run = measurement.finish();
    let slo: Slo = "p99<50ms,service.p99<50ms,errors<1%".parse()?;
    let report = Report::new("A target that stalls", &run)
        .fact("pace", schedule.pace().to_string())
        .judged(slo.judge(&run));
    eprint!("{}", report.to_text());
    print!("{}", report.to_html());
    Ok(())
}
