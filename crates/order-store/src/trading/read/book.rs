//! The book of an instrument, and what it did of late.

use order_domain::trading::{Side, Symbol};
use order_domain::{Decimal, Timestamp, VenueId};

use super::candles::newest_day;
use super::instruments::scales;
use crate::StoreError;
use crate::rows::Columns;
use crate::trading::dialect::Dialect;
use crate::trading::port::DEPTH_LEVELS_MAX;
use crate::trading::session::{Question, Session, Value, text};
use crate::trading::units::{Scales, from_sum, from_units, sum_of};
use crate::trading::{Depth, Level, Ticker};

pub async fn depth<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
    levels: u32,
) -> Result<Option<Depth>, StoreError> {
    let Some(scales) = scales(session, market, symbol).await? else { return Ok(None) };
    let levels = levels.clamp(1, DEPTH_LEVELS_MAX);
    both_sides(session, market, symbol, scales, levels).await.map(Some)
}

async fn both_sides<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
    scales: Scales,
    levels: u32,
) -> Result<Depth, StoreError> {
    let bids = side(Side::Buy, S::DIALECT, market, symbol, levels).ask(session).await?;
    let asks = side(Side::Sell, S::DIALECT, market, symbol, levels).ask(session).await?;
    let shown =
        |rows: &[S::Row]| rows.iter().map(|row| level(row, scales)).collect::<Result<Vec<_>, _>>();
    Ok(Depth { bids: shown(&bids)?, asks: shown(&asks)? })
}

/// The best levels of one side.
fn side<'a>(
    side: Side,
    dialect: Dialect,
    market: &'a VenueId,
    symbol: &'a Symbol,
    levels: u32,
) -> Question<'a> {
    let index = dialect.indexed_by("market_orders_book");
    let sums = dialect.sum_columns("remaining");
    let best_first = match side {
        Side::Buy => "desc",
        Side::Sell => "asc",
    };
    let sql = format!("select price, {sums}, count(*) from market_orders{index}");
    Question::new(sql, Vec::new())
        .and(" where venue = ", text(market.as_str()))
        .and(" and symbol = ", text(symbol.as_str()))
        .and(" and side = ", text(side.name()))
        .then(" and ")
        .then(dialect.is_open())
        .then(" group by price order by price ")
        .then(best_first)
        .and(" limit ", Value::Number(levels.into()))
}

fn level(row: &impl Columns, scales: Scales) -> Result<Level, StoreError> {
    Ok(Level {
        price: from_units(row.number(0)?, scales.tick)?,
        quantity: from_sum(sum_of(row, 1)?, scales.base),
        orders: u32::try_from(row.number(3)?).unwrap_or(u32::MAX),
    })
}

pub async fn ticker<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
) -> Result<Option<Ticker>, StoreError> {
    let Some(scales) = scales(session, market, symbol).await? else { return Ok(None) };
    let at = newest_at(session, market).await?;
    let last = last_price(session, market, symbol, scales).await?;
    let day = newest_day(session, market, symbol, scales, at).await?;
    let Depth { bids, asks } = both_sides(session, market, symbol, scales, 1).await?;
    let (best_bid, best_ask) = (bids.first().copied(), asks.first().copied());
    Ok(Some(Ticker { at, last, day, best_bid, best_ask }))
}

/// The time of the market's newest decision.
async fn newest_at<S: Session>(session: &mut S, market: &VenueId) -> Result<Timestamp, StoreError> {
    let clock = Question::new(
        "select newest_at_ms from markets where venue = $1",
        vec![text(market.as_str())],
    );
    clock.ask(session).await?.first().map_or(Ok(Timestamp(0)), |row| row.number(0).map(Timestamp))
}

async fn last_price<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
    scales: Scales,
) -> Result<Option<Decimal>, StoreError> {
    let by_number = S::DIALECT.in_key_order();
    let sql = format!(
        "select price from trades{by_number} where venue = $1 and symbol = $2
         order by number desc limit 1"
    );
    let last = Question::new(sql, vec![text(market.as_str()), text(symbol.as_str())]);
    let price = |row: &S::Row| from_units(row.number(0)?, scales.tick);
    last.ask(session).await?.first().map(price).transpose()
}
