//! From POST to readable in SQL, at a steady rate.

use measure::Percentile;

use super::Outcome;
use crate::bench::Bench;
use crate::bench::house::House;
use crate::bench::open_loop::readable_after;
use crate::bench::report::{Bound, Row, Unit};

const P99_BELOW_MS: f64 = 50.0;

/// The p99 (bounded) and the median of every round.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let house = House::start(bench, None).await?;
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let [middle, high] = round(bench, &house).await?;
        p50.push(middle);
        p99.push(high);
    }
    house.stop().await?;
    let rate = bench.scale.load.rate.as_per_second();
    let what = |part: &str| format!("POST to readable, {rate} orders/s, {part}");
    Ok(Outcome::Measured(vec![
        Row::new(what("p99"), Unit::Milliseconds, p99).bound(Bound::Below(P99_BELOW_MS)),
        Row::new(what("median"), Unit::Milliseconds, p50),
    ]))
}

/// The median and the p99, in milliseconds.
pub async fn round(bench: &Bench, house: &House) -> anyhow::Result<[f64; 2]> {
    let latencies = readable_after(house.server().url(), bench.scale.load).await?;
    Ok([Percentile::P50, Percentile::P99]
        .map(|percentile| latencies.at(percentile).unwrap_or_default().as_secs_f64() * 1_000.0))
}
