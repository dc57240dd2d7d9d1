//! Requests a second that `replay serialout` sends to a sink that watches their order.

use super::Outcome;
use crate::bench::oha::{Amount, Oha};
use crate::bench::replay::{self, Sending, Sink};
use crate::bench::report::{Bound, Row, Unit};
use crate::bench::traffic::{Archive, Traffic};
use crate::bench::{Bench, bare, bodies};

const CONNECTIONS: u32 = 64;
const KEYS: u64 = 64;
const GLOBAL_AT_LEAST: f64 = 0.9;
const KEY_AT_LEAST: f64 = 0.8;
const NONE_AT_LEAST: f64 = 0.9;

/// What `serialout` adds to a request, so that peers send as much. The sink has seen this sequence
/// number after the first of them.
const HEADERS: [&str; 3] = [
    "replay-sequence: 100000",
    "replay-key: key/42",
    "idempotency-key: replay-01a1fdc0-1a4c-71b9-9627-87595d300931-100000",
];

/// The three orders, each against what bounds it.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let requests = bench.scale.replayed.max(bench.scale.replayed_one_by_one);
    let traffic = Traffic { requests, keys: KEYS, body: |number| bodies::numbered(number) };
    let archive = Archive::make(bench, traffic).await?;
    let mut rows = vec![global(bench, &archive).await?];
    for (order, at_least) in [("key", KEY_AT_LEAST), ("none", NONE_AT_LEAST)] {
        rows.push(parallel(bench, &archive, order, at_least).await?);
    }
    Ok(Outcome::Measured(rows))
}

async fn global(bench: &Bench, archive: &Archive) -> anyhow::Result<Row> {
    let requests = bench.scale.replayed_one_by_one;
    let (mut ours, mut ceiling) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        ceiling.push(one_by_one(bench, requests).await?);
        ours.push(send(bench, archive, "global", requests).await?);
    }
    let row = Row::new("serialout, order global", Unit::PerSecond, ours);
    Ok(row.against("bare loop", ceiling).bound(Bound::RatioAtLeast(GLOBAL_AT_LEAST)))
}

async fn parallel(
    bench: &Bench,
    archive: &Archive,
    order: &str,
    at_least: f64,
) -> anyhow::Result<Row> {
    let requests = bench.scale.replayed;
    let oha = Oha { headers: HEADERS.map(str::to_owned).to_vec(), ..bench.oha.clone() };
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let sink = Sink::start(bench, "none").await?;
        let loaded = oha.post(sink.url(), CONNECTIONS, Amount::Requests(requests)).await?;
        peer.push(loaded.per_second());
        drop(sink);
        ours.push(send(bench, archive, order, requests).await?);
    }
    let figure = match order {
        "key" => format!("serialout, order key, {KEYS} keys"),
        order => format!("serialout, order {order}"),
    };
    let row = Row::new(figure, Unit::PerSecond, ours);
    Ok(row.against(format!("oha -c {CONNECTIONS}"), peer).bound(Bound::RatioAtLeast(at_least)))
}

async fn send(bench: &Bench, archive: &Archive, order: &str, requests: u64) -> anyhow::Result<f64> {
    let sending = Sending { order, pace: &["--max"], requests };
    Ok(replay::serialout(bench, archive, sending).await?.0.rate_per_second)
}

/// Requests a second of the bare loop.
async fn one_by_one(bench: &Bench, requests: u64) -> anyhow::Result<f64> {
    let sink = Sink::start(bench, "none").await?;
    let address = sink.url().trim_start_matches("http://").to_owned();
    let bodies = bench.oha.bodies.display().to_string();
    let requests = requests.to_string();
    let mut arguments = vec!["bare-client", "--address", &address, "--bodies", &bodies];
    arguments.extend(["--requests", &requests]);
    arguments.extend(HEADERS.iter().flat_map(|header| ["--header", header]));
    Ok(bare::run(bench, arguments).await?.per_second())
}
