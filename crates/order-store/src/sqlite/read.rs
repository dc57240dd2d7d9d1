//! Orders with their items.

use std::collections::HashMap;

use order_domain::OrderId;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, query};

use super::errors::classify;
use crate::rows::{self, BEHIND_ITEM, BEHIND_ORDER, Columns as _, ITEM_COLUMNS, ORDER_COLUMNS};
use crate::{OrderRow, StoreError};

rows::columns_of!(SqliteRow, classify);

pub async fn order(readers: &SqlitePool, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    // One transaction, so that the items are those of the row.
    let mut transaction = readers.begin().await.map_err(classify)?;
    let found = query(AssertSqlSafe(order_sql()))
        .bind(id.0)
        .fetch_all(&mut *transaction)
        .await
        .map_err(classify)?;
    Ok(with_items(&mut transaction, &found).await?.pop())
}

/// Its placeholder: the order's id.
pub fn order_sql() -> String {
    format!("select {ORDER_COLUMNS}, order_key from orders where order_id = ?")
}

/// The orders of these rows (the columns of an order, then `order_key`), complete.
pub async fn with_items(
    connection: &mut SqliteConnection,
    found: &[SqliteRow],
) -> Result<Vec<OrderRow>, StoreError> {
    let mut orders = Vec::with_capacity(found.len());
    let mut places = HashMap::with_capacity(found.len());
    let mut keys = Vec::with_capacity(found.len());
    for row in found {
        let key = row.number(BEHIND_ORDER)?;
        places.insert(key, orders.len());
        keys.push(key.to_string());
        orders.push(rows::order_without_items(row)?);
    }
    if orders.is_empty() {
        return Ok(orders);
    }
    let items = query(AssertSqlSafe(items_sql()))
        .bind(format!("[{}]", keys.join(",")))
        .fetch_all(connection)
        .await
        .map_err(classify)?;
    for row in &items {
        if let Some(&place) = places.get(&row.number(BEHIND_ITEM)?) {
            orders[place].items.push(rows::item(row)?);
        }
    }
    Ok(orders)
}

/// Its placeholder: the keys of orders, as JSON.
pub fn items_sql() -> String {
    format!(
        "select {ITEM_COLUMNS}, order_key from order_items
         where order_key in (select value from json_each(?)) order by order_key, line"
    )
}

/// Whether the file can be read and holds the schema.
pub async fn check(readers: &SqlitePool) -> Result<(), StoreError> {
    query("select 1 from orders limit 1").fetch_optional(readers).await.map_err(classify)?;
    Ok(())
}
