//! How far from its intended start `replay serialout` sends a request, at the recorded pace.

use anyhow::Context as _;

use super::Outcome;
use crate::bench::bare_timer::BareTimer;
use crate::bench::replay::{self, Sending};
use crate::bench::report::{Bound, Row, Unit};
use crate::bench::traffic::{Archive, Traffic};
use crate::bench::{Bench, bodies};

const P99_BELOW_MS: f64 = 2.0;
/// So many that a request seldom waits for the one before it in its key.
const KEYS: u64 = 1_000;
const BARE_TIMER: &str = "bare timer beside it";

/// The p99 (bounded) and the median of every round, each beside how late the machine wakes a bare timer
/// meanwhile.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let requests = bench.scale.paced;
    let traffic = Traffic { requests, keys: KEYS, body: |number| bodies::numbered(number) };
    let archive = Archive::make(bench, traffic).await?;
    let sending = Sending { order: "key", pace: &["--pace", "original"], requests };
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    let (mut timer_p50, mut timer_p99) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let timer = BareTimer::start()?;
        let (report, _) = replay::serialout(bench, &archive, sending).await?;
        let machine = timer.stop()?;
        let delay = report.start_delay_us.context("nothing was sent")?;
        p50.push(delay.p50 / 1_000.0);
        p99.push(delay.p99 / 1_000.0);
        timer_p50.push(machine.p50.as_secs_f64() * 1_000.0);
        timer_p99.push(machine.p99.as_secs_f64() * 1_000.0);
    }
    let what = |part: &str| format!("start-time error, pace original, 1000/s, {part}");
    Ok(Outcome::Measured(vec![
        Row::new(what("p99"), Unit::Milliseconds, p99)
            .against(BARE_TIMER, timer_p99)
            .bound(Bound::Below(P99_BELOW_MS)),
        Row::new(what("median"), Unit::Milliseconds, p50).against(BARE_TIMER, timer_p50),
    ]))
}
