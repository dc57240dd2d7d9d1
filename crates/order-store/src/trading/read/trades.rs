//! Trades: an instrument's, or an account's.

use order_domain::trading::event::TradeSide;
use order_domain::trading::{AccountId, Side, Symbol};
use order_domain::{OrderId, Timestamp, VenueId};

use super::accounts::opened_at;
use super::instruments::scales;
use crate::rows::Columns;
use crate::stored::{count_from_sql, foreign};
use crate::trading::dialect::Dialect;
use crate::trading::session::{Question, Session, Value, text};
use crate::trading::units::{SCALE_COLUMNS, Scales, from_units};
use crate::trading::{AccountTrade, AccountTradeCursor, Trade, TradePage};
use crate::{PAGE_ROWS_MAX, StoreError};

/// What [`trade`] reads, in its order.
const COLUMNS: &str = "t.number, t.symbol, t.price, t.quantity, t.taker_side, t.maker_order_id, \
     t.maker_account, t.maker_fee, t.taker_order_id, t.taker_account, t.taker_fee, t.at_ms";

/// The first column behind those of [`COLUMNS`].
const BEHIND_TRADE: usize = 12;

pub async fn trades<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
    page: &TradePage<u64>,
) -> Result<Option<Vec<Trade>>, StoreError> {
    let Some(scales) = scales(session, market, symbol).await? else { return Ok(None) };
    let by_number = S::DIALECT.in_key_order();
    let rows = Question::new(format!("select {COLUMNS} from trades t{by_number}"), Vec::new())
        .and(" where t.venue = ", text(market.as_str()))
        .and(" and t.symbol = ", text(symbol.as_str()))
        .and(" and t.number < ", Value::Number(page.after.map_or(i64::MAX, saturated)))
        .and(" order by t.number desc limit ", Value::Number(limit(page)));
    let rows = rows.ask(session).await?;
    rows.iter().map(|row| trade(row, scales)).collect::<Result<_, _>>().map(Some)
}

/// From each side's index comes as much as the page may hold, and then the two are put together. The market is
/// named once more for the instruments: Postgres does not see through a limit, and would read all that there are.
pub async fn account_trades<S: Session>(
    session: &mut S,
    market: &VenueId,
    account: &AccountId,
    page: &TradePage<AccountTradeCursor>,
) -> Result<Option<Vec<AccountTrade>>, StoreError> {
    if opened_at(session, market, account).await?.is_none() {
        return Ok(None);
    }
    let mut values =
        vec![text(market.as_str()), text(account.as_str()), Value::Number(limit(page))];
    if let Some(AccountTradeCursor { at, symbol, number, .. }) = &page.after {
        values.push(Value::Number(at.0));
        values.push(text(symbol.as_str()));
        values.push(Value::Number(saturated(*number)));
    }
    let after = page.after.as_ref();
    let (taker, maker) = (side("taker", after, S::DIALECT), side("maker", after, S::DIALECT));
    let (join, by_symbol) = (S::DIALECT.joined_with(), S::DIALECT.in_key_order());
    let sql = format!(
        "select {COLUMNS}, {SCALE_COLUMNS}, t.part
         from (select * from ({taker}) as taking union all select * from ({maker}) as making) as t
         {join} instruments i{by_symbol}
         where i.venue = $1 and i.symbol = t.symbol
         order by t.at_ms desc, t.symbol, t.number desc, t.part desc limit $3"
    );
    let rows = Question::new(sql, values).ask(session).await?;
    rows.iter().map(account_trade).collect::<Result<_, _>>().map(Some)
}

/// The trades in which the account was the `part`: `taker` or `maker`. Its placeholders: market,
/// account, limit, and then those of the cursor.
fn side(part: &str, after: Option<&AccountTradeCursor>, dialect: Dialect) -> String {
    let index = dialect.indexed_by(&format!("trades_by_{part}"));
    // The taker's side of a trade comes before the maker's.
    let same_trade = match after {
        Some(after) if part == "maker" && !after.as_maker => "own.number <= $6",
        _ => "own.number < $6",
    };
    let behind = match after {
        None => String::new(),
        Some(_) => format!(
            "and own.at_ms <= $4
             and (own.at_ms < $4 or own.symbol > $5 or (own.symbol = $5 and {same_trade}))"
        ),
    };
    format!(
        "select own.*, '{part}' as part from trades own{index}
         where own.venue = $1 and own.{part}_account = $2 {behind}
         order by own.at_ms desc, own.symbol, own.number desc limit $3"
    )
}

fn limit<C>(page: &TradePage<C>) -> i64 {
    page.limit.clamp(1, PAGE_ROWS_MAX).into()
}

/// A number in a cursor; no trade has one beyond an `i64`.
fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn trade(row: &impl Columns, scales: Scales) -> Result<Trade, StoreError> {
    let side = |order: usize| {
        Ok::<_, StoreError>(TradeSide {
            order_id: OrderId(row.uuid(order)?),
            account: AccountId::new(row.text(order + 1)?)
                .map_err(|error| foreign("an account", error))?,
            fee: from_units(row.number(order + 2)?, scales.quote)?,
        })
    };
    let taker_side = row.text(4)?;
    Ok(Trade {
        number: count_from_sql("a trade's number", row.number(0)?)?,
        symbol: Symbol::new(row.text(1)?).map_err(|error| foreign("a symbol", error))?,
        price: from_units(row.number(2)?, scales.tick)?,
        quantity: from_units(row.number(3)?, scales.base)?,
        taker_side: Side::from_name(taker_side).ok_or_else(|| foreign("a side", taker_side))?,
        maker: side(5)?,
        taker: side(8)?,
        at: Timestamp(row.number(11)?),
    })
}

fn account_trade(row: &impl Columns) -> Result<AccountTrade, StoreError> {
    let trade = trade(row, Scales::read(row, BEHIND_TRADE)?)?;
    Ok(AccountTrade { trade, as_maker: row.text(BEHIND_TRADE + 3)? == "maker" })
}
