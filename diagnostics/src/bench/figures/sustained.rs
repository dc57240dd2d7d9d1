//! Orders a second that the all-in-one accepts and projects, against the bare server.

use super::{BARE_AXUM, Outcome, bare_server};
use crate::bench::Bench;
use crate::bench::house::{CONNECTIONS, House};
use crate::bench::oha::Amount;
use crate::bench::report::{Bound, Row, Unit};

const AT_LEAST: f64 = 0.2;

/// Loads both in turn.
pub async fn measure(bench: &Bench) -> anyhow::Result<Outcome> {
    let house = House::start(bench, None).await?;
    let bare = bare_server(bench).await?;
    let (mut ours, mut ceiling) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let amount = Amount::For(bench.scale.round);
        ceiling.push(bench.oha.post(bare.url(), CONNECTIONS, amount).await?.per_second());
        ours.push(house.sustained(bench, bench.scale.sustained_round).await?);
    }
    house.stop().await?;
    let row = Row::new("accepted and projected, all-in-one", Unit::PerSecond, ours)
        .against(BARE_AXUM, ceiling)
        .bound(Bound::RatioAtLeast(AT_LEAST));
    Ok(Outcome::Measured(vec![row]))
}
