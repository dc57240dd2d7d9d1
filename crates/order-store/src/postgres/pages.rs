//! Pages of orders, newest first.

use order_domain::{OrderId, Timestamp};
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{Connection, QueryBuilder};
use uuid::Uuid;

use super::errors::classify;
use super::read::{ORDER_COLUMNS, SNAPSHOT, with_items};
use crate::{Cursor, OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, StoreError, search};

/// The place before every order's.
const NEWEST: Cursor = Cursor { placed_at: Timestamp(i64::MAX), order_id: OrderId(Uuid::max()) };

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

pub async fn searched(
    connection: &mut PgConnection,
    text: &str,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let Some(expression) = match_expression(text) else { return Ok(Vec::new()) };
    let mut sql = selection();
    sql.push(" and words @@ ").push_bind(expression).push("::tsquery");
    read(connection, sql, page).await
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
    let cursor = page.after.unwrap_or(NEWEST);
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
