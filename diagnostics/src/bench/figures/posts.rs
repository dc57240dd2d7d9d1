//! Accepted POSTs a second of the producer alone, against the bare server.

use super::{BARE_AXUM, Outcome, bare_server, service};
use crate::bench::Bench;
use crate::bench::house::DataDir;
use crate::bench::oha::Amount;
use crate::bench::report::{Bound, Row, Unit};
use crate::bench::server::Server;
use crate::bench::services::Kind;

const CONNECTIONS: [u32; 2] = [64, 256];
const EMBEDDED_AT_LEAST: f64 = 0.6;
const KAFKA_AT_LEAST: f64 = 0.4;

/// Over the embedded log.
pub async fn embedded(bench: &Bench) -> anyhow::Result<Outcome> {
    let data = DataDir::new(bench)?;
    let producer = producer(bench, &data, data.log_url()).await?;
    let rows = rows(bench, &producer, "embedded log", EMBEDDED_AT_LEAST).await?;
    producer.stop().await?;
    Ok(Outcome::Measured(rows))
}

/// Over Kafka.
pub async fn kafka(bench: &Bench) -> anyhow::Result<Outcome> {
    let (_folder, kafka) = match service(bench, Kind::Kafka).await? {
        Ok(started) => started,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    let data = DataDir::new(bench)?;
    let producer = producer(bench, &data, kafka.url().to_owned()).await?;
    // Java compiles what is used while it is used, and takes the cores for that which are measured.
    bench.oha.post(producer.url(), CONNECTIONS[0], Amount::For(bench.scale.broker_warm_up)).await?;
    let rows = rows(bench, &producer, "Kafka", KAFKA_AT_LEAST).await?;
    producer.stop().await?;
    kafka.remove().await?;
    Ok(Outcome::Measured(rows))
}

async fn producer(bench: &Bench, data: &DataDir, log: String) -> anyhow::Result<Server> {
    let variables = [("SERIATIM_LOG", log)];
    Server::start(&bench.programs.producer, data.path(), data.arguments(), &variables).await
}

async fn rows(
    bench: &Bench,
    producer: &Server,
    log: &str,
    at_least: f64,
) -> anyhow::Result<Vec<Row>> {
    let bare = bare_server(bench).await?;
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let post = async |server: &Server, time| {
            let loaded = bench.oha.post(server.url(), connections, Amount::For(time)).await?;
            anyhow::Ok(loaded.per_second())
        };
        for server in [&bare, producer] {
            post(server, bench.scale.warm_up).await?;
        }
        let (mut ours, mut ceiling) = (Vec::new(), Vec::new());
        for _ in 0..bench.scale.rounds {
            ceiling.push(post(&bare, bench.scale.round).await?);
            ours.push(post(producer, bench.scale.round).await?);
        }
        let figure = format!("accepted POSTs, {log}, {connections} connections");
        let row = Row::new(figure, Unit::PerSecond, ours).against(BARE_AXUM, ceiling);
        rows.push(row.bound(Bound::RatioAtLeast(at_least)));
    }
    Ok(rows)
}
