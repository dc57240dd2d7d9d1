//! A run for tests: the same on every machine.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;

use crate::collector::Collector;
use crate::shard::Shards;
use crate::tally::Ended;
use crate::{ErrorKind, Run};

const REQUESTS_A_TENTH: u64 = 100;
const STRANGE: [&str; 3] = ["broken pipe", "no route", "<strange> & \"odd\""];

/// What [`storm`] makes, made once.
pub(crate) fn stormy_run() -> Run {
    static RUN: LazyLock<Run> = LazyLock::new(storm);
    RUN.clone()
}

/// A minute and a half at 1,000/s. From second 40 to 52 the target is slow, answers some with 503
/// and lets others wait until they time out.
fn storm() -> Run {
    let shards = Shards::new(2);
    let mut collector = Collector::new(shards.clone());
    let mut random = Random(7);
    for tenth in 0..904_u64 {
        let storm = (400..520).contains(&tenth);
        let under_way = if storm { 30 + random.below(40) } else { 1 + random.below(4) };
        let home = shards.home(usize::from(tenth % 2 == 1));
        (0..under_way).for_each(|_| shards.start(home));
        collector.look(Duration::from_millis(tenth * 100));
        (0..REQUESTS_A_TENTH - under_way).for_each(|_| shards.start(home));
        for _ in 0..REQUESTS_A_TENTH {
            let ended = request(&mut random, storm);
            shards.end(home, |tally| tally.count(ended));
        }
        if storm {
            shards.count(home, |tally| tally.retries += 2);
        }
    }
    let elapsed = Duration::from_millis(90_400);
    let (tally, series) = collector.finish(elapsed);
    let started_at: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
    Run { started_at, elapsed, unfinished: 3, series, tally }
}

/// A run in which nothing ended.
pub(crate) fn empty_run() -> Run {
    let (tally, series) = Collector::new(Shards::new(1)).finish(Duration::ZERO);
    let started_at = "2026-11-21T12:00:00Z".parse().expect("a time");
    Run { started_at, elapsed: Duration::ZERO, unfinished: 0, series, tally }
}

fn request(random: &mut Random, storm: bool) -> Ended {
    let micros = Duration::from_micros;
    // Mostly near two milliseconds, with a tail.
    let mut service_time = micros(1_200 + random.below(900) + random.below(900));
    if random.below(100) == 0 {
        service_time += micros(random.below(9_000));
    }
    let mut start_delay = micros(40 + random.below(90));
    let mut outcome = Ok(());
    if storm {
        service_time *= 6;
        start_delay += micros(random.below(30_000));
        match random.below(400) {
            0..6 => outcome = Err(ErrorKind::Status(503)),
            6..8 => (service_time, outcome) = (micros(1_000_000), Err(ErrorKind::TIMEOUT)),
            8 => outcome = Err(ErrorKind::CONNECTION_LOST),
            _ => {}
        }
        if random.below(4_000) < 3 {
            let kind = usize::try_from(random.below(3)).expect("below three");
            outcome = Err(ErrorKind::Named(STRANGE[kind]));
        }
    }
    Ended { latency: start_delay + service_time, service_time, start_delay, outcome }
}

/// Numbers that look random and are the same everywhere (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}
