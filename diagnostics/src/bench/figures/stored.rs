//! What many stored orders cost: memory, and throughput against that with few.

use super::Outcome;
use crate::bench::Bench;
use crate::bench::house::House;
use crate::bench::machine::resident;
use crate::bench::report::{Bound, Row, Unit};

const MEMORY_BELOW_MB: f64 = 300.0;
const THROUGHPUT_AT_LEAST: f64 = 0.8;

/// Fills one house, then loads it in turn with houses that are nearly empty.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let scale = bench.scale;
    let full = House::start(bench, None).await?;
    full.fill_to(bench, scale.stored_many).await?;
    let pid = full.server().pid()?;
    let memory = resident(pid);

    let (mut many, mut few) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        let young = House::start(bench, None).await?;
        young.fill_to(bench, scale.stored_few).await?;
        few.push(young.sustained(bench, scale.round).await?);
        young.stop().await?;
        many.push(full.sustained(bench, scale.round).await?);
    }
    full.stop().await?;

    let orders = scale.stored_many;
    let mut rows = Vec::new();
    // Without /proc the rows are missing; the throughput is worth showing all the same.
    if let Some(memory) = memory {
        let what = |when: &str| format!("memory of the all-in-one, {orders} orders, {when}");
        rows.push(
            Row::new(what("resident"), Unit::Megabytes, vec![memory.now_mb])
                .bound(Bound::Below(MEMORY_BELOW_MB)),
        );
        rows.push(Row::new(what("peak"), Unit::Megabytes, vec![memory.peak_mb]));
    }
    rows.push(
        Row::new(format!("accepted and projected, {orders} orders stored"), Unit::PerSecond, many)
            .against(format!("with {} stored", scale.stored_few), few)
            .bound(Bound::RatioAtLeast(THROUGHPUT_AT_LEAST)),
    );
    Ok(Outcome::Measured(rows))
}
