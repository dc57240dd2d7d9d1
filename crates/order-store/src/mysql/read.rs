//! Orders with their items.

use std::collections::HashMap;

use order_domain::OrderId;
use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, Connection, query};
use uuid::Uuid;

use super::errors::classify;
use crate::rows::{self, BEHIND_ITEM, Columns as _, ITEM_COLUMNS};
use crate::{OrderRow, PAGE_ROWS_MAX, StoreError, reading};

rows::columns_of!(MySqlRow, classify);

/// Rows and their items are read in one snapshot.
pub const SNAPSHOT: &str = "start transaction with consistent snapshot, read only";

/// How many orders' items one statement reads: few sizes, so that all stay prepared. What is asked for
/// is filled up with itself.
const ITEMS_OF: [usize; 3] = [1, 50, PAGE_ROWS_MAX as usize];

pub async fn order(
    connection: &mut MySqlConnection,
    id: OrderId,
) -> Result<Option<OrderRow>, StoreError> {
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let found = reading::order(&mut *transaction, id).await?;
    let mut orders = with_items(&mut transaction, &found).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders.pop())
}

/// The orders of these rows, complete; at most [`PAGE_ROWS_MAX`].
pub async fn with_items(
    connection: &mut MySqlConnection,
    found: &[MySqlRow],
) -> Result<Vec<OrderRow>, StoreError> {
    let mut orders = found.iter().map(rows::order_without_items).collect::<Result<Vec<_>, _>>()?;
    let Some(last) = orders.last() else { return Ok(orders) };
    let last = last.order_id.0;
    let ids: Vec<Uuid> = orders.iter().map(|order| order.order_id.0).collect();
    let size = ITEMS_OF.into_iter().find(|size| *size >= ids.len()).unwrap_or(ids.len());
    let mut select = query(AssertSqlSafe(items_sql(size)));
    for id in ids.iter().copied().chain(std::iter::repeat(last)).take(size) {
        select = select.bind(id);
    }
    let places: HashMap<Uuid, usize> = ids.into_iter().zip(0..).collect();
    for row in &select.fetch_all(connection).await.map_err(classify)? {
        if let Some(&place) = places.get(&row.uuid(BEHIND_ITEM)?) {
            orders[place].items.push(rows::item(row)?);
        }
    }
    Ok(orders)
}

/// The items of so many orders.
pub fn items_sql(orders: usize) -> String {
    let ids = vec!["?"; orders].join(",");
    format!(
        "select {ITEM_COLUMNS}, order_id from order_items force index (primary)
         where order_id in ({ids}) order by order_id, line"
    )
}

/// Whether the database can be read and holds the schema: tables are made one by one, `trades` last.
pub async fn check(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    for sql in ["select 1 from orders limit 1", "select 1 from trades limit 1"] {
        query(sql).fetch_optional(&mut *connection).await.map_err(classify)?;
    }
    Ok(())
}
