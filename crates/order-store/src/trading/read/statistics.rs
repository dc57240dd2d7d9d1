//! Sums over all time.

use std::collections::BTreeMap;

use order_domain::VenueId;
use order_domain::trading::{AccountId, Side, Symbol};

use super::accounts::opened_at;
use super::instruments::scales;
use crate::StoreError;
use crate::rows::Columns;
use crate::stored::{count_from_sql, foreign, small_from_sql};
use crate::trading::dialect::Dialect;
use crate::trading::session::{Question, Session, text};
use crate::trading::units::{from_sum, sum_of};
use crate::trading::{AccountStatistics, InstrumentStatistics};

pub async fn instrument_statistics<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
) -> Result<Option<InstrumentStatistics>, StoreError> {
    let Some(scales) = scales(session, market, symbol).await? else { return Ok(None) };
    let values = vec![text(market.as_str()), text(symbol.as_str())];
    let sums = |column| S::DIALECT.sum_columns(column);
    let [volume, turnover] = ["quantity", "value"].map(sums);
    let [maker_fees, taker_fees] = ["maker_fee", "taker_fee"].map(sums);
    let sql = format!(
        "select count(*), {volume}, {turnover}, {maker_fees}, {taker_fees}
         from trades where venue = $1 and symbol = $2"
    );
    let rows = Question::new(sql, values).ask(session).await?;
    let row = rows.first().ok_or_else(|| foreign("no count of", symbol))?;
    Ok(Some(InstrumentStatistics {
        trades: count_from_sql("a number of trades", row.number(0)?)?,
        volume: from_sum(sum_of(row, 1)?, scales.base),
        turnover: from_sum(sum_of(row, 3)?, scales.quote),
        fees: from_sum(sum_of(row, 5)? + sum_of(row, 7)?, scales.quote),
        open_orders: open_orders(session, market, symbol).await?,
    }))
}

async fn open_orders<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
) -> Result<u64, StoreError> {
    let index = S::DIALECT.indexed_by("market_orders_book");
    let is_open = S::DIALECT.is_open();
    let sql = format!(
        "select count(*) from market_orders{index}
         where venue = $1 and symbol = $2 and {is_open}"
    );
    let values = vec![text(market.as_str()), text(symbol.as_str())];
    let rows = Question::new(sql, values).ask(session).await?;
    rows.first().map_or(Ok(0), |row| count_from_sql("a number of orders", row.number(0)?))
}

pub async fn account_statistics<S: Session>(
    session: &mut S,
    market: &VenueId,
    account: &AccountId,
) -> Result<Option<Vec<AccountStatistics>>, StoreError> {
    if opened_at(session, market, account).await?.is_none() {
        return Ok(None);
    }
    let mut of_symbols: BTreeMap<Symbol, Traded> = BTreeMap::new();
    for part in [Part::Taker, Part::Maker] {
        let values = vec![text(market.as_str()), text(account.as_str())];
        for row in &Question::new(part.sql(S::DIALECT), values).ask(session).await? {
            let symbol = Symbol::new(row.text(0)?).map_err(|error| foreign("a symbol", error))?;
            of_symbols.entry(symbol).or_default().add(part, row)?;
        }
    }
    Ok(Some(of_symbols.into_iter().map(|(symbol, traded)| traded.shown(symbol)).collect()))
}

/// What the account was in a trade.
#[derive(Clone, Copy)]
enum Part {
    Maker,
    Taker,
}

impl Part {
    /// The sums over its trades, by symbol and by what the taker did.
    fn sql(self, dialect: Dialect) -> String {
        let name = match self {
            Self::Maker => "maker",
            Self::Taker => "taker",
        };
        let [quantity, value] = ["t.quantity", "t.value"].map(|column| dialect.sum_columns(column));
        let fee = dialect.sum_columns(&format!("t.{name}_fee"));
        let (index, join) =
            (dialect.indexed_by(&format!("trades_by_{name}")), dialect.joined_with());
        format!(
            "select t.symbol, t.taker_side, count(*), {quantity}, {value}, {fee},
                    i.base_scale, i.quote_scale
             from trades t{index} {join} instruments i
             where i.venue = t.venue and i.symbol = t.symbol
             and t.venue = $1 and t.{name}_account = $2
             group by t.symbol, t.taker_side, i.base_scale, i.quote_scale"
        )
    }

    /// Whether it bought, in a trade whose taker did this.
    fn bought(self, taker_side: Side) -> bool {
        match self {
            Self::Taker => taker_side == Side::Buy,
            Self::Maker => taker_side == Side::Sell,
        }
    }
}

/// Sums of one instrument, in units.
#[derive(Default)]
struct Traded {
    as_maker: u64,
    as_taker: u64,
    bought: i128,
    sold: i128,
    turnover: i128,
    fees: i128,
    base_scale: u32,
    quote_scale: u32,
}

impl Traded {
    fn add(&mut self, part: Part, row: &impl Columns) -> Result<(), StoreError> {
        let side = row.text(1)?;
        let taker_side = Side::from_name(side).ok_or_else(|| foreign("a side", side))?;
        let trades = count_from_sql("a number of trades", row.number(2)?)?;
        match part {
            Part::Maker => self.as_maker += trades,
            Part::Taker => self.as_taker += trades,
        }
        let quantity = sum_of(row, 3)?;
        if part.bought(taker_side) {
            self.bought += quantity;
        } else {
            self.sold += quantity;
        }
        self.turnover += sum_of(row, 5)?;
        self.fees += sum_of(row, 7)?;
        self.base_scale = small_from_sql("a scale", row.number(9)?)?;
        self.quote_scale = small_from_sql("a scale", row.number(10)?)?;
        Ok(())
    }

    fn shown(&self, symbol: Symbol) -> AccountStatistics {
        AccountStatistics {
            symbol,
            trades_as_maker: self.as_maker,
            trades_as_taker: self.as_taker,
            bought: from_sum(self.bought, self.base_scale),
            sold: from_sum(self.sold, self.base_scale),
            turnover: from_sum(self.turnover, self.quote_scale),
            fees: from_sum(self.fees, self.quote_scale),
        }
    }
}
