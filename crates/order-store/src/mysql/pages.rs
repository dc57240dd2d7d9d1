//! Pages of orders, newest first.
//!
//! The table itself lies in the order of time; an index by customer or status lists its orders newest
//! first, too. Which one is told, because the server knows less of it than we do.

use sqlx::Connection;
use sqlx::mysql::MySqlConnection;

use super::errors::classify;
use super::read::{SNAPSHOT, with_items};
pub use super::search::searched;
use crate::{OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, StoreError, reading};

pub async fn filtered(
    connection: &mut MySqlConnection,
    filter: OrderFilter,
    page: Page,
) -> Result<Vec<OrderRow>, StoreError> {
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let rows = reading::page(&mut *transaction, filter, page).await?;
    let orders = with_items(&mut transaction, &rows).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders)
}

/// Behind a cursor: its time, its time again, and its id.
pub const BEHIND: &str = "placed_at_ms <= ? and (placed_at_ms < ? or order_id < ?)";

/// How every list is sorted.
pub const NEWEST_FIRST: &str = "order by placed_at_ms desc, order_id desc";

/// How many rows a page may have.
pub fn limit_of(page: Page) -> i64 {
    page.limit.clamp(1, PAGE_ROWS_MAX).into()
}
