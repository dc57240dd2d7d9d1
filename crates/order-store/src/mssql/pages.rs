//! Pages of orders, newest first.
//!
//! What serves them: `orders_by_time`, `orders_by_status` and `orders_by_customer`, each of which ends
//! with time and id; a search, `order_words_key` for the newest orders and `order_words_by_word` for
//! all others.

use tiberius::Row;

use super::connection::Connection;
use super::options::Search;
use super::read::{BEGIN, COMMIT, with_items};
use crate::rows::ORDER_COLUMNS;
use crate::trading::session::Value;
use crate::trading::transact_sql::place_of_id;
use crate::{Cursor, OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, StoreError, reading, search};

/// How many of the newest orders a search reads before it turns to the index over words.
const WALKED_ROWS: u32 = 5_000;

pub async fn filtered(
    connection: &mut Connection,
    filter: OrderFilter,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    connection.batch(BEGIN).await?;
    let rows = reading::page(connection, filter, page).await?;
    completed(connection, &rows).await
}

/// The orders whose customers a text finds.
pub async fn searched(
    connection: &mut Connection,
    text: &str,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    match connection.search {
        Search::Words => by_words(connection, text, page).await,
        Search::FullText => by_full_text(connection, text, page).await,
    }
}

/// Orders that have a word for every prefix, in two steps, because no plan serves both common words and
/// rare ones:
///
/// 1. A word that many have is on the newest orders too, so [`WALKED_ROWS`] of those are read first.
/// 2. Where they don't fill the page the words are not common, and the index over words finds the
///    few orders that have them.
async fn by_words(
    connection: &mut Connection,
    asked: &str,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let prefixes = search::prefixes_of(asked);
    if prefixes.is_empty() {
        return Ok(Vec::new());
    }
    let mut question = Paged::new(page);
    // A prefix holds letters, digits and marks only: no wildcard.
    let patterns: Vec<String> = prefixes
        .iter()
        .map(|prefix| question.placeholder(Value::Text(format!("{prefix}%").into())))
        .collect();
    connection.batch(BEGIN).await?;
    let mut rows = Vec::new();
    for sql in [walking(&patterns), indexed(&patterns)] {
        rows = connection.query(&sql, &question.values).await?;
        if rows.len() == question.limit {
            break;
        }
    }
    completed(connection, &rows).await
}

fn walking(patterns: &[String]) -> String {
    let (behind, newest_first) = (behind(), NEWEST_FIRST);
    let has = |pattern: &String| {
        format!(
            " and exists (select 1 from order_words as has
             where has.order_id = newest.order_id and has.word like {pattern})"
        )
    };
    let has_all: String = patterns.iter().map(has).collect();
    format!(
        "select top (@P1) {ORDER_COLUMNS} from (
             select top ({WALKED_ROWS}) * from orders where {behind} {newest_first}
         ) as newest where 1 = 1{has_all} {newest_first}"
    )
}

fn indexed(patterns: &[String]) -> String {
    let (behind, newest_first) = (behind(), NEWEST_FIRST);
    let has =
        |pattern: &String| format!("select order_id from order_words where word like {pattern}");
    let has_all = patterns.iter().map(has).collect::<Vec<_>>().join(" intersect ");
    format!(
        "select top (@P1) {ORDER_COLUMNS} from orders
         where order_id in ({has_all}) and {behind} {newest_first}"
    )
}

/// As [`by_words`], by SQL Server's full-text index.
async fn by_full_text(
    connection: &mut Connection,
    asked: &str,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let prefixes = search::prefixes_of(asked);
    if prefixes.is_empty() {
        return Ok(Vec::new());
    }
    let mut question = Paged::new(page);
    // Quoted, so that nothing in it is an operator; and no quote can be in it.
    let quoted: Vec<String> = prefixes.iter().map(|prefix| format!("\"{prefix}*\"")).collect();
    let contained = question.placeholder(Value::Text(quoted.join(" AND ").into()));
    let (behind, newest_first) = (behind(), NEWEST_FIRST);
    let sql = format!(
        "select top (@P1) {ORDER_COLUMNS} from orders
         where contains(words, {contained}) and {behind} {newest_first}"
    );
    connection.batch(BEGIN).await?;
    let rows = connection.query(&sql, &question.values).await?;
    completed(connection, &rows).await
}

const NEWEST_FIRST: &str = "order by placed_at_ms desc, order_sort desc";

/// The condition that an order lies behind the cursor, which `@P2` and `@P3` are.
fn behind() -> String {
    let place = place_of_id("@P3");
    format!("placed_at_ms <= @P2 and (placed_at_ms < @P2 or order_sort < {place})")
}

/// A question for a page: its limit and the two parts of its cursor are the first placeholders.
struct Paged<'a> {
    limit: usize,
    values: Vec<Value<'a>>,
}

impl<'a> Paged<'a> {
    fn new(page: Page) -> Self {
        let cursor = page.after.unwrap_or(Cursor::NEWEST);
        let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
        let values = vec![
            Value::Number(limit.into()),
            Value::Number(cursor.placed_at.0),
            Value::Id(cursor.order_id.0),
        ];
        Self { limit: limit as usize, values }
    }

    fn placeholder(&mut self, value: Value<'a>) -> String {
        self.values.push(value);
        format!("@P{}", self.values.len())
    }
}

/// The orders of these rows, complete; ends the transaction.
async fn completed(connection: &mut Connection, rows: &[Row]) -> Result<Vec<OrderRow>, StoreError> {
    let orders = with_items(connection, rows).await?;
    connection.batch(COMMIT).await?;
    Ok(orders)
}
