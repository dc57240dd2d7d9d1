//! The trades of a batch. A trade never changes.

use std::sync::LazyLock;

use order_domain::trading::event::TradeExecuted;

use super::listed::Instruments;
use crate::StoreError;
use crate::stored::count_to_sql;
use crate::trading::MarketChange;
use crate::trading::many_rows::{ManyRows, Replaces, Upsert};
use crate::trading::session::{Session, Value, text};
use crate::trading::units::to_units;

pub async fn write<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::upsert(Upsert {
            table: "trades",
            key: &["venue", "symbol", "number"],
            values: &[
                "price",
                "quantity",
                "value",
                "taker_side",
                "maker_order_id",
                "maker_account",
                "maker_fee",
                "taker_order_id",
                "taker_account",
                "taker_fee",
                "at_ms",
            ],
            replaces: Replaces::Nothing,
        })
    });
    let trades: Vec<(&MarketChange, &TradeExecuted)> = changes
        .iter()
        .flat_map(|change| change.trades.iter().map(move |trade| (change, trade)))
        .collect();
    let named = trades.iter().map(|(change, trade)| (&change.venue, &trade.symbol));
    let instruments = Instruments::find(session, named).await?;
    for (sql, run) in INSERT.split::<S, _>(&trades) {
        let mut values = Vec::with_capacity(run.len() * 14);
        for (change, trade) in run {
            values.extend(row(change, trade, &instruments)?);
        }
        session.execute(sql, values).await?;
    }
    Ok(())
}

fn row<'a>(
    change: &'a MarketChange,
    trade: &'a TradeExecuted,
    instruments: &Instruments<'a>,
) -> Result<[Value<'a>; 14], StoreError> {
    let scales = instruments.scales(&change.venue, &trade.symbol)?;
    let price = to_units(trade.price, scales.tick)?;
    let quantity = to_units(trade.quantity, scales.base)?;
    let fee = |fee| to_units(fee, scales.quote).map(Value::Number);
    Ok([
        text(change.venue.as_str()),
        text(trade.symbol.as_str()),
        Value::Number(count_to_sql(trade.trade)?),
        Value::Number(price),
        Value::Number(quantity),
        Value::Number(scales.value(price, quantity)?),
        text(trade.taker_side.name()),
        Value::Id(trade.maker.order_id.0),
        text(trade.maker.account.as_str()),
        fee(trade.maker.fee)?,
        Value::Id(trade.taker.order_id.0),
        text(trade.taker.account.as_str()),
        fee(trade.taker.fee)?,
        Value::Number(change.at.0),
    ])
}
