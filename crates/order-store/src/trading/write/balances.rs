//! The balances of a batch: the newest stands.

use std::sync::LazyLock;

use order_domain::trading::event::BalanceChanged;

use super::listed::Assets;
use crate::StoreError;
use crate::newest::newest_of;
use crate::stored::offset_to_sql;
use crate::trading::MarketChange;
use crate::trading::many_rows::{ManyRows, Replaces, Upsert};
use crate::trading::session::{Session, Value, text};
use crate::trading::units::to_units;

type Changed<'a> = (&'a MarketChange, &'a BalanceChanged);

pub async fn write<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    static UPSERT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::upsert(Upsert {
            table: "balances",
            key: &["venue", "account", "asset"],
            values: &["available", "held", "source_partition", "source_offset"],
            replaces: Replaces::Older,
        })
    });
    let balances: Vec<Changed<'_>> = changes
        .iter()
        .flat_map(|change| change.balances.iter().map(move |balance| (change, balance)))
        .collect();
    let newest = newest_of(
        balances.into_iter(),
        |(change, balance)| (&change.venue, &balance.account, &balance.asset),
        |(change, _)| change.source,
    );
    let named = newest.iter().map(|(change, balance)| (&change.venue, &balance.asset));
    let assets = Assets::find(session, named).await?;
    for (sql, run) in UPSERT.split::<S, _>(&newest) {
        let mut values = Vec::with_capacity(run.len() * 7);
        for changed in run {
            values.extend(row(*changed, &assets)?);
        }
        session.execute(sql, values).await?;
    }
    Ok(())
}

fn row<'a>(
    (change, balance): Changed<'a>,
    assets: &Assets<'a>,
) -> Result<[Value<'a>; 7], StoreError> {
    let scale = assets.scale(&change.venue, &balance.asset)?;
    Ok([
        text(change.venue.as_str()),
        text(balance.account.as_str()),
        text(balance.asset.as_str()),
        Value::Number(to_units(balance.available, scale)?),
        Value::Number(to_units(balance.held, scale)?),
        Value::Number(change.source.partition.0.into()),
        Value::Number(offset_to_sql(change.source.offset)?),
    ])
}
