//! From POST to outcome on a market, at a steady rate.

use measure::Percentile;

use super::{Outcome, service};
use crate::bench::Bench;
use crate::bench::house::DataDir;
use crate::bench::market;
use crate::bench::open_loop::outcome_after;
use crate::bench::report::{Row, Unit};
use crate::bench::server::Server;
use crate::bench::services::Kind;

/// Over the embedded log.
pub async fn embedded(bench: &Bench) -> anyhow::Result<Outcome> {
    let data = DataDir::new(bench)?;
    let rows = measure(bench, &data, data.log_url(), "embedded log").await?;
    Ok(Outcome::Measured(rows))
}

/// Over Kafka.
pub async fn kafka(bench: &Bench) -> anyhow::Result<Outcome> {
    let (_folder, kafka) = match service(bench, Kind::Kafka).await? {
        Ok(started) => started,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    let data = DataDir::new(bench)?;
    let rows = measure(bench, &data, kafka.url().to_owned(), "Kafka").await?;
    kafka.remove().await?;
    Ok(Outcome::Measured(rows))
}

/// The median and the p99 of every round; the store is SQLite, which nobody waits for here.
async fn measure(
    bench: &Bench,
    data: &DataDir,
    log: String,
    what: &str,
) -> anyhow::Result<Vec<Row>> {
    let seed = market::write_seed(data.path())?;
    let seed = seed.to_string_lossy().into_owned();
    let variables = [("SERIATIM_LOG", log), ("SERIATIM_TRADING__SEED", seed)];
    let program = &bench.programs.seriatim;
    let server = Server::start(program, data.path(), data.arguments(), &variables).await?;
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let latencies = outcome_after(server.url(), bench.scale.load).await?;
        let at = |percentile| latencies.at(percentile).unwrap_or_default().as_secs_f64() * 1_000.0;
        p50.push(at(Percentile::P50));
        p99.push(at(Percentile::P99));
    }
    server.stop().await?;
    let rate = bench.scale.load.rate.as_per_second();
    let figure = |part: &str| format!("POST to outcome, {what}, {rate} orders/s, {part}");
    Ok(vec![
        Row::new(figure("p99"), Unit::Milliseconds, p99),
        Row::new(figure("median"), Unit::Milliseconds, p50),
    ])
}
