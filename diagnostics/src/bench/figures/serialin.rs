//! Entries a second that `replay serialin` copies into a log, against a bare loop that appends the
//! same records.

use super::{Outcome, service};
use crate::bench::house::DataDir;
use crate::bench::report::{Bound, Row, Unit};
use crate::bench::services::Kind;
use crate::bench::traffic::{Archive, Traffic};
use crate::bench::{Bench, bare, bodies, replay};

const KEYS: u64 = 64;
const AT_LEAST: f64 = 0.8;

/// Into the embedded log.
pub async fn embedded(bench: &Bench) -> anyhow::Result<Outcome> {
    let data = DataDir::new(bench)?;
    let row = measure(bench, &data.log_url(), "the embedded log").await?;
    Ok(Outcome::Measured(vec![row]))
}

/// Into Kafka.
pub async fn kafka(bench: &Bench) -> anyhow::Result<Outcome> {
    let (_folder, kafka) = match service(bench, Kind::Kafka).await? {
        Ok(started) => started,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    let row = measure(bench, kafka.url(), "Kafka").await?;
    kafka.remove().await?;
    Ok(Outcome::Measured(vec![row]))
}

async fn measure(bench: &Bench, log_url: &str, what: &str) -> anyhow::Result<Row> {
    let traffic = Traffic {
        requests: bench.scale.copied,
        keys: KEYS,
        body: |number| bodies::numbered(number),
    };
    let archive = Archive::make(bench, traffic).await?;
    let (mut ours, mut ceiling) = (Vec::new(), Vec::new());
    for round in 0..bench.scale.rounds {
        let (copy, bare) = (format!("copied-{round}"), format!("bare-{round}"));
        ours.push(replay::serialin(bench, &archive, log_url, &copy).await?.0);
        let arguments = ["bare-producer", "--log", log_url, "--from", &copy, "--to", &bare];
        ceiling.push(bare::run(bench, arguments).await?.per_second());
    }
    let row = Row::new(format!("serialin into {what}"), Unit::PerSecond, ours);
    Ok(row.against("bare producer", ceiling).bound(Bound::RatioAtLeast(AT_LEAST)))
}
