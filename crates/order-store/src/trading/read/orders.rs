//! Orders of a market: one, or a page.

use order_domain::trading::event::CancelledBy;
use order_domain::trading::{OrderKind, OrderStatus, OrderTerms, RefusalReason};
use order_domain::{Decimal, OrderId, Timestamp, VenueId};

use crate::rows::{Columns, source};
use crate::stored::{count_from_sql, foreign};
use crate::trading::dialect::Dialect;
use crate::trading::session::{Question, Session, Value, text};
use crate::trading::units::{SCALE_COLUMNS, Scales, from_units};
use crate::trading::{MarketOrder, MarketOrderFilter, Refusal};
use crate::{Cursor, PAGE_ROWS_MAX, Page, StoreError};

/// What [`order`] reads, in its order.
const COLUMNS: &str = "o.order_id, o.source_partition, o.source_offset, o.version, o.status, \
     o.terms, o.price, o.executed, o.remaining, o.executed_value, o.cancelled_by, \
     o.refusal_reason, o.refusal_detail, o.placed_at_ms, o.updated_at_ms";

/// The first column behind those of [`COLUMNS`].
const BEHIND_ORDER: usize = 15;

/// A rejected order may name an instrument that isn't listed.
fn select(index: &str) -> String {
    format!(
        "select {COLUMNS}, {SCALE_COLUMNS} from market_orders as o{index}
         left join instruments i on i.venue = o.venue and i.symbol = o.symbol"
    )
}

pub async fn market_order<S: Session>(
    session: &mut S,
    market: &VenueId,
    order_id: OrderId,
) -> Result<Option<MarketOrder>, StoreError> {
    let rows = Question::new(select(""), Vec::new())
        .and(" where o.venue = ", text(market.as_str()))
        .and(" and o.order_id = ", Value::Id(order_id.0));
    rows.ask(session).await?.first().map(order).transpose()
}

pub async fn market_orders<S: Session>(
    session: &mut S,
    market: &VenueId,
    filter: &MarketOrderFilter,
    page: Page,
) -> Result<Vec<MarketOrder>, StoreError> {
    page_of(market, filter, page, S::DIALECT).ask(session).await?.iter().map(order).collect()
}

fn page_of<'a>(
    market: &'a VenueId,
    filter: &'a MarketOrderFilter,
    page: Page,
    dialect: Dialect,
) -> Question<'a> {
    let index = dialect.indexed_by(index_for(filter));
    let mut rows =
        Question::new(select(&index), Vec::new()).and(" where o.venue = ", text(market.as_str()));
    if let Some(account) = &filter.account {
        rows = rows.and(" and o.account = ", text(account.as_str()));
    }
    if let Some(symbol) = &filter.symbol {
        rows = rows.and(" and o.symbol = ", text(symbol.as_str()));
    }
    if let Some(status) = filter.status {
        rows = rows.and(" and o.status = ", text(status.name()));
        if status.is_open() {
            // It follows from the status, but the database can't know.
            rows = rows.then(" and ").then(dialect.is_open());
        }
    }
    let cursor = page.after.unwrap_or(Cursor::NEWEST);
    let id = dialect.sorted_id();
    rows.and_behind(dialect, "o.placed_at_ms", id, cursor)
        .then(&format!(" order by o.placed_at_ms desc, {id} desc"))
        .and(" limit ", Value::Number(page.limit.clamp(1, PAGE_ROWS_MAX).into()))
}

/// The index that leaves the fewest orders to look at: few are open, and fewer are an account's
/// than an instrument's.
fn index_for(filter: &MarketOrderFilter) -> &'static str {
    let open = filter.status.map(OrderStatus::is_open);
    match (&filter.account, &filter.symbol, open) {
        (Some(_), _, Some(true)) => "market_orders_open_by_account",
        (Some(_), ..) => "market_orders_by_account",
        (None, Some(_), None | Some(false)) => "market_orders_by_symbol",
        (None, _, Some(_)) => "market_orders_by_status",
        (None, None, None) => "market_orders_by_time",
    }
}

fn order(row: &impl Columns) -> Result<MarketOrder, StoreError> {
    let terms: OrderTerms =
        serde_json::from_str(row.text(5)?).map_err(|error| foreign("an order's terms", error))?;
    let refusal = refusal(row.optional_text(11)?, row.optional_text(12)?)?;
    let numbers = match refusal {
        None => Numbers::read(row, Scales::read(row, BEHIND_ORDER)?)?,
        Some(_) => Numbers::of_refused(&terms),
    };
    Ok(MarketOrder {
        order_id: OrderId(row.uuid(0)?),
        source: source(row, 1)?,
        version: count_from_sql("a version", row.number(3)?)?,
        status: status(row.text(4)?)?,
        terms,
        price: numbers.price,
        executed: numbers.executed,
        remaining: numbers.remaining,
        executed_value: numbers.executed_value,
        cancelled_by: row.optional_text(10)?.map(cancelled_by).transpose()?,
        refusal,
        placed_at: Timestamp(row.number(13)?),
        updated_at: Timestamp(row.number(14)?),
    })
}

struct Numbers {
    price: Option<Decimal>,
    executed: Decimal,
    remaining: Decimal,
    executed_value: Decimal,
}

impl Numbers {
    fn read(row: &impl Columns, scales: Scales) -> Result<Self, StoreError> {
        let price = row.optional_number(6)?;
        Ok(Self {
            price: price.map(|units| from_units(units, scales.tick)).transpose()?,
            executed: from_units(row.number(7)?, scales.base)?,
            remaining: from_units(row.number(8)?, scales.base)?,
            executed_value: from_units(row.number(9)?, scales.quote)?,
        })
    }

    /// Nothing came of it, whatever it asked for.
    fn of_refused(terms: &OrderTerms) -> Self {
        let price = match terms.kind {
            OrderKind::Limit { price, .. } => Some(price),
            OrderKind::Market { .. } => None,
        };
        let none = Decimal::ZERO;
        Self { price, executed: none, remaining: none, executed_value: none }
    }
}

fn status(name: &str) -> Result<OrderStatus, StoreError> {
    OrderStatus::from_name(name).ok_or_else(|| foreign("a status", name))
}

fn cancelled_by(name: &str) -> Result<CancelledBy, StoreError> {
    CancelledBy::from_name(name).ok_or_else(|| foreign("a canceller", name))
}

fn refusal(code: Option<&str>, detail: Option<&str>) -> Result<Option<Refusal>, StoreError> {
    let Some(code) = code else { return Ok(None) };
    let reason = RefusalReason::from_code(code).ok_or_else(|| foreign("a reason", code))?;
    Ok(Some(Refusal { reason, detail: detail.unwrap_or_default().to_owned() }))
}
