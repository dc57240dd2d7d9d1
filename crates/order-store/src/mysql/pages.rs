//! Pages of orders, newest first.
//!
//! The table itself lies in the order of time; an index by customer or status lists its orders newest
//! first, too. Which one is told, because the server knows less of it than we do.

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, Connection, query};

use super::errors::classify;
use super::read::{SNAPSHOT, with_items};
use crate::rows::ORDER_COLUMNS;
use crate::{Cursor, OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, StoreError};

pub async fn filtered(
    connection: &mut MySqlConnection,
    filter: OrderFilter,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let cursor = page.after.unwrap_or(Cursor::NEWEST);
    let mut select = query(AssertSqlSafe(filtered_sql(filter)));
    if let Some(status) = filter.status {
        select = select.bind(status);
    }
    if let Some(customer) = filter.customer {
        select = select.bind(customer.0.cast_signed());
    }
    let select = select
        .bind(cursor.placed_at.0)
        .bind(cursor.placed_at.0)
        .bind(cursor.order_id.0)
        .bind(limit_of(page));
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let rows: Vec<MySqlRow> = select.fetch_all(&mut *transaction).await.map_err(classify)?;
    let orders = with_items(&mut transaction, &rows).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders)
}

/// Its placeholders: the conditions that are set, [`BEHIND`] and the limit.
pub fn filtered_sql(filter: OrderFilter) -> String {
    let (index, conditions) = match (filter.status, filter.customer) {
        (None, None) => ("primary", ""),
        (Some(_), None) => ("orders_by_status", "status = ? and"),
        (None, Some(_)) => ("orders_by_customer", "customer_id = ? and"),
        (Some(_), Some(_)) => ("orders_by_customer", "status = ? and customer_id = ? and"),
    };
    format!(
        "select {ORDER_COLUMNS} from orders force index ({index})
         where {conditions} {BEHIND} {NEWEST_FIRST} limit ?"
    )
}

/// Behind a cursor: its time, its time again, and its id.
pub const BEHIND: &str = "placed_at_ms <= ? and (placed_at_ms < ? or order_id < ?)";

/// How every list is sorted.
pub const NEWEST_FIRST: &str = "order by placed_at_ms desc, order_id desc";

/// How many rows a page may have.
pub fn limit_of(page: Page) -> i64 {
    page.limit.clamp(1, PAGE_ROWS_MAX).into()
}
