//! How many partitions are best by default.

use super::{Outcome, readable};
use crate::bench::Bench;
use crate::bench::house::House;
use crate::bench::report::{Row, Unit};

const COUNTS: [u32; 5] = [1, 2, 4, 8, 16];

/// Throughput and latency for every number of partitions. A round goes once through all of them, so
/// that a busy moment harms all alike.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let mut rates = COUNTS.map(|_| Vec::new());
    let mut latencies = COUNTS.map(|_| Vec::new());
    for _ in 0..bench.scale.rounds {
        for (index, count) in COUNTS.into_iter().enumerate() {
            let house = House::start(bench, Some(count)).await?;
            rates[index].push(house.sustained(bench, bench.scale.sustained_round).await?);
            let [_, p99] = readable::round(bench, &house).await?;
            latencies[index].push(p99);
            house.stop().await?;
        }
    }
    let mut rows = Vec::new();
    for ((count, rates), latencies) in COUNTS.into_iter().zip(rates).zip(latencies) {
        let rate = format!("accepted and projected, {count} partitions");
        rows.push(Row::new(rate, Unit::PerSecond, rates));
        let p99 = format!("POST to readable, {count} partitions, p99");
        rows.push(Row::new(p99, Unit::Milliseconds, latencies));
    }
    Ok(Outcome::Measured(rows))
}
