//! Orders with their items.

use std::collections::HashMap;

use order_domain::OrderId;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, query};
use uuid::Uuid;

use super::errors::classify;
use crate::rows::{self, BEHIND_ITEM, Columns as _, ITEM_COLUMNS};
use crate::{OrderRow, StoreError, reading};

rows::columns_of!(PgRow, classify);

/// Rows and their items are read in one snapshot.
pub const SNAPSHOT: &str = "begin isolation level repeatable read, read only";

pub async fn order(
    connection: &mut PgConnection,
    id: OrderId,
) -> Result<Option<OrderRow>, StoreError> {
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let found = reading::order(&mut *transaction, id).await?;
    let mut orders = with_items(&mut transaction, &found).await?;
    transaction.commit().await.map_err(classify)?;
    Ok(orders.pop())
}

/// The orders of these rows, complete.
pub async fn with_items(
    connection: &mut PgConnection,
    found: &[PgRow],
) -> Result<Vec<OrderRow>, StoreError> {
    let mut orders = found.iter().map(rows::order_without_items).collect::<Result<Vec<_>, _>>()?;
    if orders.is_empty() {
        return Ok(orders);
    }
    let ids: Vec<Uuid> = orders.iter().map(|order| order.order_id.0).collect();
    let places: HashMap<Uuid, usize> = ids.iter().copied().zip(0..).collect();
    let items = query(AssertSqlSafe(items_sql()))
        .bind(ids)
        .fetch_all(connection)
        .await
        .map_err(classify)?;
    for row in &items {
        if let Some(&place) = places.get(&row.uuid(BEHIND_ITEM)?) {
            orders[place].items.push(rows::item(row)?);
        }
    }
    Ok(orders)
}

/// Its placeholder: the ids of orders.
pub fn items_sql() -> String {
    format!(
        "select {ITEM_COLUMNS}, order_id from order_items
         where order_id = any($1) order by order_id, line"
    )
}

/// Whether the database can be read and holds the schema.
pub async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    query("select 1 from orders limit 1").fetch_optional(connection).await.map_err(classify)?;
    Ok(())
}
