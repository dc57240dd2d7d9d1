//! Events a second that a rebuild fills a new generation of the store with, indexes included, and
//! whether ten times as many cost as much each.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::Outcome;
use crate::bench::Bench;
use crate::bench::house::{DataDir, House};
use crate::bench::oha::rate;
use crate::bench::report::{Bound, Row, Unit};

/// An event costs at most 1.2 times as much where there are ten times as many.
const LONG_AT_LEAST: f64 = 1.0 / 1.2;

/// Into SQLite, beside what the services have filled.
pub async fn sqlite(bench: &Bench) -> anyhow::Result<Outcome> {
    let data = filled(bench, bench.scale.rebuilt).await?;
    let mut rounds = Vec::new();
    for _ in 0..bench.scale.rounds {
        rounds.push(rebuild(bench, &data).await?);
    }
    let figure = format!("events rebuilt into SQLite, {} of them", bench.scale.rebuilt);
    Ok(Outcome::Measured(vec![Row::new(figure, Unit::PerSecond, rounds)]))
}

/// The same with ten times as many.
pub async fn long(bench: &Bench) -> anyhow::Result<Outcome> {
    let few = bench.scale.rebuilt;
    let many = few * 10;
    let short = filled(bench, few).await?;
    let peer = rebuild(bench, &short).await?;
    drop(short);
    let long = filled(bench, many).await?;
    let ours = rebuild(bench, &long).await?;
    let row = Row::new(
        format!("events rebuilt into SQLite, {many} of them"),
        Unit::PerSecond,
        vec![ours],
    )
    .against(format!("{few} of them"), vec![peer])
    .bound(Bound::RatioAtLeast(LONG_AT_LEAST));
    Ok(Outcome::Measured(vec![row]))
}

/// A log and a store that hold so many orders, and nobody running on them.
async fn filled(bench: &Bench, orders: u64) -> anyhow::Result<DataDir> {
    let house = House::start(bench, None).await?;
    house.fill_to(bench, orders).await?;
    house.stop().await
}

/// What the program says of a rebuild.
#[derive(Deserialize)]
struct Rebuilt {
    events: u64,
    seconds: f64,
    switched: bool,
}

/// Rebuilds and drops the old generation; events a second.
async fn rebuild(bench: &Bench, data: &DataDir) -> anyhow::Result<f64> {
    let said = processor(bench, data, &["rebuild", "--json"]).await?;
    let rebuilt: Rebuilt = serde_json::from_slice(&said)?;
    ensure!(rebuilt.switched, "the new generation differs from the one that the services filled");
    processor(bench, data, &["rebuild", "--drop-old"]).await?;
    Ok(rate(rebuilt.events, rebuilt.seconds))
}

async fn processor(bench: &Bench, data: &DataDir, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new(&bench.programs.processor)
        .args(data.arguments())
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("running order-processor")?;
    ensure!(output.status.success(), "order-processor {arguments:?} ended with {}", output.status);
    Ok(output.stdout)
}
