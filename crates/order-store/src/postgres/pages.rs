//! Pages of orders, newest first.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, query};

use super::errors::classify;
use super::read::{SNAPSHOT, with_items};
use crate::rows::ORDER_COLUMNS;
use crate::{Cursor, OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, StoreError, reading, search};

pub async fn filtered(
    connection: &mut PgConnection,
    filter: OrderFilter,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let rows = reading::page(&mut *transaction, filter, page).await?;
    let orders = with_items(&mut transaction, &rows).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders)
}

/// Orders that match, in two steps, because the planner guesses badly how common a prefix is:
///
/// 1. A word that many have is on the newest orders too, so [`WALKED_ROWS`] of those are read first.
/// 2. Where they don't fill the page the words are not common, and the index over words finds the
///    few orders that have them.
pub async fn searched(
    connection: &mut PgConnection,
    text: &str,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let Some(expression) = match_expression(text) else { return Ok(Vec::new()) };
    let cursor = page.after.unwrap_or(Cursor::NEWEST);
    let limit = page.limit.clamp(1, PAGE_ROWS_MAX);
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let mut rows = Vec::new();
    for sql in [walking_sql(), indexed_sql()] {
        rows = query(AssertSqlSafe(sql))
            .bind(&expression)
            .bind(cursor.placed_at.0)
            .bind(cursor.order_id.0)
            .bind(i64::from(limit))
            .fetch_all(&mut *transaction)
            .await
            .map_err(classify)?;
        if rows.len() == limit as usize {
            break;
        }
    }
    let orders = with_items(&mut transaction, &rows).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders)
}

/// How many of the newest orders a search reads before it turns to the index over words.
const WALKED_ROWS: u32 = 5_000;

/// Its placeholders: what words are to match, a cursor's time and id, and the limit.
pub fn walking_sql() -> String {
    format!(
        "select {ORDER_COLUMNS} from (
             select * from orders where (placed_at_ms, order_id) < ($2, $3)
             order by placed_at_ms desc, order_id desc limit {WALKED_ROWS}
         ) newest
         where words @@ $1::tsquery
         order by placed_at_ms desc, order_id desc limit $4"
    )
}

/// The same placeholders. Materialized, because with the order and the limit in sight the planner would
/// rather walk through all orders by time.
pub fn indexed_sql() -> String {
    format!(
        "with hits as materialized (
             select placed_at_ms, order_id from orders where words @@ $1::tsquery
         )
         select {ORDER_COLUMNS} from orders where order_id = any(array(
             select order_id from hits where (placed_at_ms, order_id) < ($2, $3)
             order by placed_at_ms desc, order_id desc limit $4
         ))
         order by placed_at_ms desc, order_id desc"
    )
}

/// All words, each as the beginning of one, as quoted lexemes. The words hold letters, digits and
/// marks only, so there is nothing to escape.
fn match_expression(text: &str) -> Option<String> {
    let prefixes = search::prefixes_of(text);
    let quoted: Vec<String> = prefixes.iter().map(|word| format!("'{word}':*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" & "))
}
