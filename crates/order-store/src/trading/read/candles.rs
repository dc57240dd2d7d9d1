//! What was traded in stretches of time.

use std::num::NonZeroU32;
use std::time::Duration;

use order_domain::trading::Symbol;
use order_domain::{Timestamp, VenueId};

use super::instruments::scales;
use crate::StoreError;
use crate::rows::Columns;
use crate::stored::count_from_sql;
use crate::trading::Candle;
use crate::trading::dialect::Dialect;
use crate::trading::port::CANDLES_MAX;
use crate::trading::session::{Question, Session, Value, text};
use crate::trading::transact_sql::STRETCHES;
use crate::trading::units::{Scales, from_sum, from_units, sum_of};

/// 24 hours, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The longest stretch, in milliseconds: its end is never beyond an `i64`.
const WIDTH_MS_MAX: i64 = 1 << 53;

pub async fn candles<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
    width: Duration,
    from: Timestamp,
    limit: NonZeroU32,
) -> Result<Option<Vec<Candle>>, StoreError> {
    let Some(scales) = scales(session, market, symbol).await? else { return Ok(None) };
    let width_ms = i64::try_from(width.as_millis()).unwrap_or(i64::MAX).clamp(1, WIDTH_MS_MAX);
    // No trade is older than 1970: the log's clock begins there.
    let from_ms = from.0.max(0) / width_ms * width_ms;
    let limit = limit.get().min(CANDLES_MAX);
    let values = |by_then| {
        let width = Value::Number(width_ms);
        vec![text(market.as_str()), text(symbol.as_str()), width, Value::Number(from_ms), by_then]
    };
    let most = values(Value::Number(limit.into()));
    let dialect = S::DIALECT;
    let stretches = stretches(dialect);
    let question = match dialect {
        Dialect::Sqlite | Dialect::Postgres => {
            let found = format!("{stretches},");
            let sql = candles_of(dialect, &found, "stretch.start", &in_stretches(dialect));
            Question::new(sql, most)
        }
        // It would read all trades anew for every stretch. But the stretches that have trades are, with
        // those between that have none, one stretch.
        Dialect::Mysql => {
            let sql = format!("{stretches} select max(start) from stretch");
            let last = Question::new(sql, most).ask(session).await?;
            let last = last.first().map(|row| row.optional_number(0)).transpose()?.flatten();
            let Some(last) = last else { return Ok(Some(Vec::new())) };
            let end = Value::Number(last.saturating_add(width_ms));
            let start = "t.at_ms - t.at_ms % $3";
            let sql = candles_of(dialect, "with", start, &in_one_go(dialect));
            Question::new(sql, values(end))
        }
        // Nor may it look only for the first one there.
        Dialect::SqlServer => {
            let from = in_stretches(dialect).replace("from stretch", "from @stretch as stretch");
            Question::new(candles_of(dialect, STRETCHES, "stretch.start", &from), most)
        }
    };
    let rows = question.then(" order by candle.start").ask(session).await?;
    rows.iter().map(|row| candle(row, scales)).collect::<Result<_, _>>().map(Some)
}

/// The stretches that have trades, each found by the first trade behind the one before: however long
/// nothing was traded, that is one look into the index. Its placeholders: market, symbol, width, where
/// the first may begin, and how many.
fn stretches(dialect: Dialect) -> String {
    let (number, index) = (dialect.whole_number(), dialect.indexed_by(BY_TIME));
    format!(
        "with recursive stretch (place, start) as (
             select cast(1 as {number}), (
                 select at_ms - at_ms % $3 from trades{index}
                 where venue = $1 and symbol = $2 and at_ms >= $4
                 order by at_ms limit 1
             )
             union all
             select stretch.place + 1, (
                 select at_ms - at_ms % $3 from trades{index}
                 where venue = $1 and symbol = $2 and at_ms >= stretch.start + $3
                 order by at_ms limit 1
             )
             from stretch where stretch.start is not null and stretch.place < $5
         )"
    )
}

/// The index that has all that candles are made of.
const BY_TIME: &str = "trades_by_time";

/// Of every stretch that was found, its trades.
fn in_stretches(dialect: Dialect) -> String {
    let (join, index) = (dialect.joined_with(), dialect.indexed_by(BY_TIME));
    format!(
        "from stretch {join} trades t{index}
         where t.venue = $1 and t.symbol = $2
         and t.at_ms >= stretch.start and t.at_ms < stretch.start + $3
         group by stretch.start"
    )
}

/// The trades from `$4` to before `$5`, by stretch.
fn in_one_go(dialect: Dialect) -> String {
    let index = dialect.indexed_by(BY_TIME);
    format!(
        "from trades t{index}
         where t.venue = $1 and t.symbol = $2 and t.at_ms >= $4 and t.at_ms < $5
         group by 1"
    )
}

/// The one stretch that begins with `$4`, if anything was traded in it.
fn in_one_stretch(dialect: Dialect) -> String {
    let index = dialect.indexed_by(BY_TIME);
    format!(
        "from trades t{index}
         where t.venue = $1 and t.symbol = $2 and t.at_ms >= $4 and t.at_ms < $4 + $3
         having count(*) > 0"
    )
}

/// A query for candles: of the trades that `trades` names, with `with` before it.
fn candles_of(dialect: Dialect, with: &str, start: &str, trades: &str) -> String {
    let [volume, turnover] = ["t.quantity", "t.value"].map(|column| dialect.sum_columns(column));
    let join = dialect.joined_with();
    format!(
        "{with} candle (start, opening, closing, high, low, volume_high, volume_low, turnover_high,
                 turnover_low, trades) as (
             select {start}, min(t.number), max(t.number), max(t.price), min(t.price),
                    {volume}, {turnover}, count(*) {trades}
         )
         select candle.start, opening.price, candle.high, candle.low, closing.price,
                candle.volume_high, candle.volume_low, candle.turnover_high, candle.turnover_low,
                candle.trades
         from candle {join} trades opening {join} trades closing
         where opening.venue = $1 and opening.symbol = $2 and opening.number = candle.opening
         and closing.venue = $1 and closing.symbol = $2 and closing.number = candle.closing"
    )
}

/// The 24 hours that end with `at`: a trade of exactly 24 hours ago is none of them.
pub async fn newest_day<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
    scales: Scales,
    at: Timestamp,
) -> Result<Option<Candle>, StoreError> {
    let start = at.0.saturating_sub(DAY_MS);
    let values = vec![
        text(market.as_str()),
        text(symbol.as_str()),
        Value::Number(DAY_MS),
        Value::Number(start.saturating_add(1)),
    ];
    let dialect = S::DIALECT;
    let start_of = format!("cast($4 as {})", dialect.whole_number());
    let sql = candles_of(dialect, "with", &start_of, &in_one_stretch(dialect));
    let rows = Question::new(sql, values).ask(session).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Candle { start: Timestamp(start), ..candle(row, scales)? }))
}

fn candle(row: &impl Columns, scales: Scales) -> Result<Candle, StoreError> {
    let price = |column| from_units(row.number(column)?, scales.tick);
    Ok(Candle {
        start: Timestamp(row.number(0)?),
        open: price(1)?,
        high: price(2)?,
        low: price(3)?,
        close: price(4)?,
        volume: from_sum(sum_of(row, 5)?, scales.base),
        turnover: from_sum(sum_of(row, 7)?, scales.quote),
        trades: count_from_sql("a number of trades", row.number(9)?)?,
    })
}
