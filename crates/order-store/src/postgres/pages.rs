//! Pages of orders, newest first.

use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{AssertSqlSafe, Connection, QueryBuilder, query};

use super::errors::classify;
use super::read::{SNAPSHOT, with_items};
use crate::rows::ORDER_COLUMNS;
use crate::{Cursor, OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, StoreError, search};

pub async fn filtered(
    connection: &mut PgConnection,
    filter: OrderFilter,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let mut sql = selection();
    if let Some(status) = filter.status {
        sql.push(" and status = ").push_bind(status);
    }
    if let Some(customer) = filter.customer {
        sql.push(" and customer_id = ").push_bind(customer.0.cast_signed());
    }
    read(connection, sql, page).await
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

fn walking_sql() -> String {
    format!(
        "select {ORDER_COLUMNS} from (
             select * from orders where (placed_at_ms, order_id) < ($2, $3)
             order by placed_at_ms desc, order_id desc limit {WALKED_ROWS}
         ) newest
         where words @@ $1::tsquery
         order by placed_at_ms desc, order_id desc limit $4"
    )
}

/// Materialized, because with the order and the limit in sight the planner would rather walk through
/// all orders by time.
fn indexed_sql() -> String {
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

fn selection() -> QueryBuilder<Postgres> {
    QueryBuilder::new(format!("select {ORDER_COLUMNS} from orders where true"))
}

async fn read(
    connection: &mut PgConnection,
    mut sql: QueryBuilder<Postgres>,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let cursor = page.after.unwrap_or(Cursor::NEWEST);
    sql.push(" and (placed_at_ms, order_id) < (")
        .push_bind(cursor.placed_at.0)
        .push(", ")
        .push_bind(cursor.order_id.0)
        .push(") order by placed_at_ms desc, order_id desc limit ")
        .push_bind(i64::from(page.limit.clamp(1, PAGE_ROWS_MAX)));
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let rows = sql.build().fetch_all(&mut *transaction).await.map_err(classify)?;
    let orders = with_items(&mut transaction, &rows).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders)
}
