//! Pages of the orders that a search finds.
//!
//! Words are found by a table of our own, `order_words`, and not by `FULLTEXT`: that leaves out words of
//! less than three letters and words such as "com", unless the server is told otherwise before the index
//! is made; takes letters beyond U+FFFF for gaps; and knows no order of time.

use order_domain::{OrderId, Timestamp};
use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, Connection, query, query_scalar};

use super::errors::classify;
use super::pages::{BEHIND, NEWEST_FIRST, limit_of};
use super::read::{SNAPSHOT, with_items};
use crate::rows::{Columns as _, ORDER_COLUMNS};
use crate::search::prefixes_of;
use crate::{Cursor, OrderRow, Page, StoreError};

/// How many of the newest orders a search reads before it turns to the table of words.
const WALKED_ROWS: u32 = 5_000;

/// How far the orders that have a word are counted, to see which of several words is the rarest.
const COUNTED_ROWS: u32 = 20_000;

/// Orders that match, in two steps:
///
/// 1. A word that many have is on the newest orders too, so [`WALKED_ROWS`] of those are read first.
/// 2. Where they don't fill the page the words are not common, and the table of words finds the few
///    orders that have the rarest of them.
pub async fn searched(
    connection: &mut MySqlConnection,
    text: &str,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let prefixes = prefixes_of(text);
    if prefixes.is_empty() {
        return Ok(Vec::new());
    }
    let cursor = page.after.unwrap_or(Cursor::NEWEST);
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let oldest = oldest_walked(&mut transaction, cursor).await?;
    let mut rows = walk(&mut transaction, &prefixes, cursor, oldest, page).await?;
    let is_all = oldest.is_none() || rows.len() as u64 == limit_of(page).cast_unsigned();
    if !is_all {
        let prefixes = rarest_first(&mut transaction, prefixes).await?;
        rows = look_up(&mut transaction, &prefixes, cursor, page).await?;
    }
    let orders = with_items(&mut transaction, &rows).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders)
}

/// The last of the orders that the first step reads; `None` where there are no more behind them.
async fn oldest_walked(
    connection: &mut MySqlConnection,
    cursor: Cursor,
) -> Result<Option<Cursor>, StoreError> {
    let row = query(AssertSqlSafe(oldest_walked_sql()))
        .bind(cursor.placed_at.0)
        .bind(cursor.placed_at.0)
        .bind(cursor.order_id.0)
        .fetch_optional(connection)
        .await
        .map_err(classify)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Cursor { placed_at: Timestamp(row.number(0)?), order_id: OrderId(row.uuid(1)?) }))
}

/// Its placeholders: [`BEHIND`].
pub fn oldest_walked_sql() -> String {
    format!(
        "select placed_at_ms, order_id from orders force index (primary)
         where {BEHIND} {NEWEST_FIRST} limit 1 offset {}",
        WALKED_ROWS - 1
    )
}

async fn walk(
    connection: &mut MySqlConnection,
    prefixes: &[String],
    cursor: Cursor,
    oldest: Option<Cursor>,
    page: Page,
) -> Result<Vec<MySqlRow>, StoreError> {
    let oldest_at = oldest.map_or(i64::MIN, |oldest| oldest.placed_at.0);
    let mut select = query(AssertSqlSafe(walking_sql(prefixes.len())))
        .bind(cursor.placed_at.0)
        .bind(cursor.placed_at.0)
        .bind(cursor.order_id.0)
        .bind(oldest_at);
    for prefix in prefixes {
        select = select.bind(within(prefix));
    }
    select.bind(limit_of(page)).fetch_all(connection).await.map_err(classify)
}

/// Its placeholders: [`BEHIND`], the time of the oldest order, a pattern for every word, and the limit.
pub fn walking_sql(words: usize) -> String {
    let has = " and words like ?".repeat(words);
    format!(
        "select {ORDER_COLUMNS} from orders force index (primary)
         where {BEHIND} and placed_at_ms >= ?{has} {NEWEST_FIRST} limit ?"
    )
}

/// The word that the fewest orders have comes first, as far as that is counted.
async fn rarest_first(
    connection: &mut MySqlConnection,
    mut prefixes: Vec<String>,
) -> Result<Vec<String>, StoreError> {
    let mut rarest = (u64::MAX, 0);
    for (place, prefix) in prefixes.iter().enumerate() {
        let count: i64 = query_scalar(AssertSqlSafe(counting_sql()))
            .bind(begun(prefix))
            .fetch_one(&mut *connection)
            .await
            .map_err(classify)?;
        rarest = rarest.min((count.cast_unsigned(), place));
    }
    prefixes.swap(0, rarest.1);
    Ok(prefixes)
}

/// Its placeholder: a pattern for a word.
pub fn counting_sql() -> String {
    format!(
        "select count(*) from (
             select 1 as one from order_words where word like ? limit {COUNTED_ROWS}
         ) as counted"
    )
}

async fn look_up(
    connection: &mut MySqlConnection,
    prefixes: &[String],
    cursor: Cursor,
    page: Page,
) -> Result<Vec<MySqlRow>, StoreError> {
    let mut select = query(AssertSqlSafe(looking_up_sql(prefixes.len())))
        .bind(begun(&prefixes[0]))
        .bind(cursor.placed_at.0)
        .bind(cursor.placed_at.0)
        .bind(cursor.order_id.0);
    for prefix in &prefixes[1..] {
        select = select.bind(within(prefix));
    }
    select.bind(limit_of(page)).fetch_all(connection).await.map_err(classify)
}

/// Its placeholders: a pattern for the first word, a cursor's time, its time again and its id, patterns
/// for the other words, and the limit. An order may have two words that begin alike.
pub fn looking_up_sql(words: usize) -> String {
    let others = match words {
        1 => String::new(),
        _ => format!(
            " and o.placed_at_ms = w.placed_at_ms and o.order_id = w.order_id{}",
            " and o.words like ?".repeat(words - 1)
        ),
    };
    let orders = if words == 1 { "" } else { " straight_join orders o" };
    format!(
        "select {ORDER_COLUMNS} from (
             select distinct w.placed_at_ms as hit_at, w.order_id as hit_id
             from order_words w{orders}
             where w.word like ? and w.placed_at_ms <= ?
             and (w.placed_at_ms < ? or w.order_id < ?){others}
             order by hit_at desc, hit_id desc limit ?
         ) as hits straight_join orders
         where placed_at_ms = hit_at and order_id = hit_id {NEWEST_FIRST}"
    )
}

/// A pattern for a word that begins so. Words hold letters, digits and marks only: nothing in them means
/// anything else in a pattern.
fn begun(prefix: &str) -> String {
    format!("{prefix}%")
}

/// A pattern for the words of an order, one of which begins so.
fn within(prefix: &str) -> String {
    format!("% {prefix}%")
}
