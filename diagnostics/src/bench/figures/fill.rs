//! Events a second that the real processor projects from a full log into an empty store, against
//! the database doing nothing but the same inserts.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::{Outcome, service};
use crate::bench::Bench;
use crate::bench::backlog::Backlog;
use crate::bench::house::{DataDir, House};
use crate::bench::oha::rate;
use crate::bench::report::{Bound, Row, Unit};
use crate::bench::server::Server;
use crate::bench::services::Kind;

const AT_LEAST: f64 = 0.6;
/// The clock starts when this part of the events is projected: starting a program is not filling.
const RUN_UP: u64 = 10;

/// Into SQLite.
pub async fn sqlite(bench: &Bench) -> anyhow::Result<Outcome> {
    let full = full_log(bench).await?;
    let (mut ours, mut ceiling) = (Vec::new(), Vec::new());
    for round in 0..bench.scale.rounds {
        let url = |name: &str| {
            format!("sqlite:{}", full.path().join(format!("{name}-{round}.sqlite")).display())
        };
        ours.push(project(bench, &full, &url("filled")).await?);
        ceiling.push(bare_inserts(bench, &[&url("filled"), &url("bare")]).await?);
    }
    let row = Row::new("events projected, filling SQLite", Unit::PerSecond, ours)
        .against("bare inserts", ceiling)
        .bound(Bound::RatioAtLeast(AT_LEAST));
    Ok(Outcome::Measured(vec![row]))
}

/// Into Postgres.
pub async fn postgres(bench: &Bench) -> anyhow::Result<Outcome> {
    server(bench, Kind::Postgres, "Postgres", "COPY").await
}

/// Into MariaDB.
pub async fn mariadb(bench: &Bench) -> anyhow::Result<Outcome> {
    server(bench, Kind::Mariadb, "MariaDB", "bare inserts").await
}

/// Into a server, a new one every round.
async fn server(bench: &Bench, kind: Kind, name: &str, peer: &str) -> anyhow::Result<Outcome> {
    let full = full_log(bench).await?;
    let (mut ours, mut ceiling) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let (_folder, server) = match service(bench, kind).await? {
            Ok(started) => started,
            Err(why) => return Ok(Outcome::Skipped(why)),
        };
        ours.push(project(bench, &full, server.url()).await?);
        ceiling.push(bare_inserts(bench, &[server.url()]).await?);
        server.remove().await?;
    }
    let figure = format!("events projected, filling {name}");
    let row = Row::new(figure, Unit::PerSecond, ours)
        .against(peer, ceiling)
        .bound(Bound::RatioAtLeast(AT_LEAST));
    Ok(Outcome::Measured(vec![row]))
}

/// A data directory whose log holds orders and their decisions, and nobody running on it.
async fn full_log(bench: &Bench) -> anyhow::Result<DataDir> {
    let house = House::start(bench, None).await?;
    house.fill_to(bench, bench.scale.fill_orders).await?;
    house.stop().await
}

/// Runs the processor on the full log and the empty store; events per second.
async fn project(bench: &Bench, full: &DataDir, store_url: &str) -> anyhow::Result<f64> {
    let variables = [("SERIATIM_STORE", store_url.to_owned())];
    let program = &bench.programs.processor;
    let processor = Server::start(program, full.path(), full.arguments(), &variables).await?;
    let backlog = Backlog::open(&full.log_url(), store_url).await?;
    let events = backlog.commands().await?;
    let from = backlog.wait_projected(events / RUN_UP).await?;
    let began = Instant::now();
    backlog.wait_projected(events).await?;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(from < events, "the log is too short to measure");
    backlog.close().await;
    processor.stop().await?;
    Ok(rate(events - from, seconds))
}

/// What the store's program says.
#[derive(Deserialize)]
struct Inserted {
    orders: u64,
    seconds: f64,
}

/// Orders per second that the bare database takes, every order being one event.
async fn bare_inserts(bench: &Bench, urls: &[&str]) -> anyhow::Result<f64> {
    let output = Command::new(&bench.programs.bare_inserts)
        .args(urls)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("running bare_inserts")?;
    ensure!(output.status.success(), "bare_inserts ended with {}", output.status);
    let inserted: Inserted = serde_json::from_slice(&output.stdout)?;
    Ok(rate(inserted.orders, inserted.seconds))
}
