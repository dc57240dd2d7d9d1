//! What one core decides: the order book alone, and the engine alone. Both have benchmarks of their own,
//! which are run here as they are.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::process::Command;

use super::Outcome;
use crate::bench::Bench;
use crate::bench::report::{Bound, Row, Unit};

/// The order book against the plain one, each on its worst day.
const BOOK_AT_LEAST: f64 = 5.0;

/// What the order book's benchmark says of a day, in operations a second.
#[derive(Deserialize)]
struct BookDay {
    ours: f64,
    plain: f64,
}

/// What the engine's benchmark says of a day, in commands a second.
#[derive(Deserialize)]
struct EngineDay {
    engine: f64,
    book: f64,
    json: f64,
}

/// The order book, worst day to worst day.
pub async fn order_book(bench: &Bench) -> anyhow::Result<Outcome> {
    let orders = bench.scale.book_orders.to_string();
    let arguments = ["--json", "--rounds", "5", "--orders", &orders];
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let days: Vec<BookDay> = days(&bench.programs.order_book_flows, &arguments).await?;
        ours.push(worst(&days, |day| day.ours));
        plain.push(worst(&days, |day| day.plain));
    }
    let row = Row::new("order book, worst of five days", Unit::PerSecond, ours)
        .against("plain book", plain)
        .bound(Bound::RatioAtLeast(BOOK_AT_LEAST));
    Ok(Outcome::Measured(vec![row]))
}

/// The engine on its worst day, and what the book and JSON alone do on that day.
pub async fn engine(bench: &Bench) -> anyhow::Result<Outcome> {
    let orders = bench.scale.engine_orders.to_string();
    let (mut engine, mut book, mut json) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let arguments = ["--json", &orders];
        let days: Vec<EngineDay> = days(&bench.programs.market_throughput, &arguments).await?;
        let slowest = days.iter().min_by(|a, b| a.engine.total_cmp(&b.engine));
        let slowest = slowest.context("the engine's benchmark says nothing")?;
        engine.push(slowest.engine);
        book.push(slowest.book);
        json.push(slowest.json);
    }
    let row = || {
        let figure = "engine, bytes to bytes, worst of five days";
        Row::new(figure, Unit::PerSecond, engine.clone())
    };
    Ok(Outcome::Measured(vec![
        row().against("book alone", book),
        row().against("JSON alone", json),
    ]))
}

fn worst(days: &[BookDay], of: fn(&BookDay) -> f64) -> f64 {
    days.iter().map(of).fold(f64::INFINITY, f64::min)
}

/// What a benchmark says, a line a day.
async fn days<T: DeserializeOwned>(program: &Path, arguments: &[&str]) -> anyhow::Result<Vec<T>> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("running {}", program.display()))?;
    ensure!(output.status.success(), "{} ended with {}", program.display(), output.status);
    let text = String::from_utf8(output.stdout).context("reading what a benchmark says")?;
    text.lines().map(|line| serde_json::from_str(line).context("reading a day")).collect()
}
