//! Single things: an order, a checkpoint, what is parked.

use std::collections::HashMap;

use order_domain::{OrderId, Partition};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, query};

use super::errors::classify;
use crate::rows::{
    self, BEHIND_ITEM, BEHIND_ORDER, CHECKPOINT_COLUMNS, Columns as _, ITEM_COLUMNS, ORDER_COLUMNS,
    PARKED_COLUMNS,
};
use crate::{Checkpoint, OrderRow, ParkedSubject, StoreError, StreamId};

rows::columns_of!(SqliteRow, classify);

pub async fn order(readers: &SqlitePool, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    // One transaction, so that the items are those of the row.
    let mut transaction = readers.begin().await.map_err(classify)?;
    let sql = format!("select {ORDER_COLUMNS}, order_key from orders where order_id = ?");
    let found = query(AssertSqlSafe(sql))
        .bind(id.0)
        .fetch_all(&mut *transaction)
        .await
        .map_err(classify)?;
    Ok(with_items(&mut transaction, &found).await?.pop())
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
    let sql = format!(
        "select {ITEM_COLUMNS}, order_key from order_items
         where order_key in (select value from json_each(?)) order by order_key, line"
    );
    let items = query(AssertSqlSafe(sql))
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

pub async fn checkpoint(readers: &SqlitePool, stream: &StreamId) -> Result<Checkpoint, StoreError> {
    let sql =
        format!("select {CHECKPOINT_COLUMNS} from checkpoints where topic = ? and partition = ?");
    let found = query(AssertSqlSafe(sql))
        .bind(&stream.topic)
        .bind(i64::from(stream.partition.0))
        .fetch_optional(readers)
        .await
        .map_err(classify)?;
    rows::checkpoint(found.as_ref())
}

pub async fn partitions(readers: &SqlitePool, topic: &str) -> Result<Option<u32>, StoreError> {
    let found = query("select partitions from topics where topic = ?")
        .bind(topic)
        .fetch_optional(readers)
        .await
        .map_err(classify)?;
    rows::partitions(found.as_ref())
}

pub async fn parked(
    readers: &SqlitePool,
    partition: Partition,
) -> Result<Vec<ParkedSubject>, StoreError> {
    let sql = format!(
        "select {PARKED_COLUMNS} from parked_subjects where partition = ? order by order_id"
    );
    let found = query(AssertSqlSafe(sql))
        .bind(i64::from(partition.0))
        .fetch_all(readers)
        .await
        .map_err(classify)?;
    found.iter().map(|row| rows::parked_subject(partition, row)).collect()
}

/// Whether the file can be read and holds the schema.
pub async fn check(readers: &SqlitePool) -> Result<(), StoreError> {
    query("select 1 from orders limit 1").fetch_optional(readers).await.map_err(classify)?;
    Ok(())
}
