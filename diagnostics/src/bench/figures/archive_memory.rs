//! What the commands of `replay` take for an archive far larger than memory should ever notice.

use super::Outcome;
use crate::bench::Bench;
use crate::bench::house::DataDir;
use crate::bench::memory::Memory;
use crate::bench::replay::{self, Sending};
use crate::bench::report::{Bound, Row, Unit};
use crate::bench::traffic::{Archive, Traffic};

const BELOW_MB: f64 = 200.0;
/// By how much the peak may rise after the first tenth of the archive, for it to count as flat.
const GROWN_BELOW_MB: f64 = 20.0;
/// Few requests share a key: what is kept for each of them would show.
const REQUESTS_A_KEY: u64 = 10;

/// Every command that goes through a whole archive.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let requests = bench.scale.archived;
    let keys = requests / REQUESTS_A_KEY;
    let body = |number| format!(r#"{{"number":{number}}}"#);
    let archive = Archive::make(bench, Traffic { requests, keys, body }).await?;
    let verify = ["verify".into(), archive.path().into_os_string()];
    let verified = replay::run(bench, verify).await?.memory;
    let data = DataDir::new(bench)?;
    let copied = replay::serialin(bench, &archive, &data.log_url(), "copied").await?.1;
    drop(data);
    let sending = Sending { order: "key", pace: &["--max"], requests };
    let sent = replay::serialout(bench, &archive, sending).await?.1;

    let commands = ["ingest", "verify", "serialin", "serialout"];
    let memories = [archive.memory, verified, copied, sent];
    let seen = commands.iter().zip(memories).filter_map(|(name, memory)| Some((name, memory?)));
    let rows: Vec<_> = seen.flat_map(|(name, memory)| rows(name, requests, memory)).collect();
    if rows.is_empty() {
        return Ok(Outcome::Skipped("the system does not tell what a process takes".to_owned()));
    }
    Ok(Outcome::Measured(rows))
}

fn rows(command: &str, requests: u64, memory: Memory) -> [Row; 2] {
    let row = |what: &str, value, below| {
        let figure = format!("memory of {command}, {requests} lines, {what}");
        Row::new(figure, Unit::Megabytes, vec![value]).bound(Bound::Below(below))
    };
    [row("peak", memory.peak_mb, BELOW_MB), row("growth", memory.grown_mb, GROWN_BELOW_MB)]
}
