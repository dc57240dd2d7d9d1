//! Requests a second that `diagnostics load` makes up on one core, against those that a bare server takes: the
//! making must never be the limit of a load.

use anyhow::Context as _;

use super::{BARE_AXUM, Outcome, bare_server};
use crate::bench::Bench;
use crate::bench::house::CONNECTIONS;
use crate::bench::oha::Amount;
use crate::bench::report::{Bound, Row, Unit};
use crate::load::made_per_second;

/// A core is mostly busy with sending: making may take no more than a small part of it.
const AT_LEAST: f64 = 3.0;

/// Each kind of request.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let bare = bare_server(bench).await?;
    let mut taken = Vec::new();
    let mut made: Vec<(&str, Vec<f64>)> = Vec::new();
    for _ in 0..bench.scale.rounds {
        let amount = Amount::For(bench.scale.round);
        taken.push(bench.oha.post(bare.url(), CONNECTIONS, amount).await?.per_second());
        let rows = bench.scale.made_up_rows;
        let round = tokio::task::spawn_blocking(move || made_per_second(rows)).await;
        for (name, rate) in round.context("making requests up")? {
            match made.iter_mut().find(|(other, _)| *other == name) {
                Some((_, rounds)) => rounds.push(rate),
                None => made.push((name, vec![rate])),
            }
        }
    }
    let row = |(name, rounds): (&str, Vec<f64>)| {
        Row::new(format!("requests made up, {name}, one core"), Unit::PerSecond, rounds)
            .against(BARE_AXUM, taken.clone())
            .bound(Bound::RatioAtLeast(AT_LEAST))
    };
    Ok(Outcome::Measured(made.into_iter().map(row).collect()))
}
