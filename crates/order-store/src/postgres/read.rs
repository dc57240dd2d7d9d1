//! Single things: an order, a checkpoint, what is parked.

use std::collections::HashMap;

use order_domain::{OrderId, Partition};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, query};
use uuid::Uuid;

use super::errors::classify;
use crate::rows::{
    self, BEHIND_ITEM, CHECKPOINT_COLUMNS, Columns as _, ITEM_COLUMNS, ORDER_COLUMNS,
    PARKED_COLUMNS,
};
use crate::{Checkpoint, OrderRow, ParkedSubject, StoreError, StreamId};

rows::columns_of!(PgRow, classify);

/// Rows and their items are read in one snapshot.
pub const SNAPSHOT: &str = "begin isolation level repeatable read, read only";

pub async fn order(
    connection: &mut PgConnection,
    id: OrderId,
) -> Result<Option<OrderRow>, StoreError> {
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(classify)?;
    let sql = format!("select {ORDER_COLUMNS} from orders where order_id = $1");
    let found = query(AssertSqlSafe(sql))
        .bind(id.0)
        .fetch_all(&mut *transaction)
        .await
        .map_err(classify)?;
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
    let sql = format!(
        "select {ITEM_COLUMNS}, order_id from order_items
         where order_id = any($1) order by order_id, line"
    );
    let items =
        query(AssertSqlSafe(sql)).bind(ids).fetch_all(connection).await.map_err(classify)?;
    for row in &items {
        if let Some(&place) = places.get(&row.uuid(BEHIND_ITEM)?) {
            orders[place].items.push(rows::item(row)?);
        }
    }
    Ok(orders)
}

pub async fn checkpoint(
    connection: &mut PgConnection,
    stream: &StreamId,
) -> Result<Checkpoint, StoreError> {
    let sql =
        format!("select {CHECKPOINT_COLUMNS} from checkpoints where topic = $1 and partition = $2");
    let found = query(AssertSqlSafe(sql))
        .bind(&stream.topic)
        .bind(i64::from(stream.partition.0))
        .fetch_optional(connection)
        .await
        .map_err(classify)?;
    rows::checkpoint(found.as_ref())
}

pub async fn partitions(
    connection: &mut PgConnection,
    topic: &str,
) -> Result<Option<u32>, StoreError> {
    let found = query("select partitions from topics where topic = $1")
        .bind(topic)
        .fetch_optional(connection)
        .await
        .map_err(classify)?;
    rows::partitions(found.as_ref())
}

pub async fn parked(
    connection: &mut PgConnection,
    partition: Partition,
) -> Result<Vec<ParkedSubject>, StoreError> {
    let sql = format!(
        "select {PARKED_COLUMNS} from parked_subjects where partition = $1 order by order_id"
    );
    let found = query(AssertSqlSafe(sql))
        .bind(i64::from(partition.0))
        .fetch_all(connection)
        .await
        .map_err(classify)?;
    found.iter().map(|row| rows::parked_subject(partition, row)).collect()
}

/// Whether the database can be read and holds the schema.
pub async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    query("select 1 from orders limit 1").fetch_optional(connection).await.map_err(classify)?;
    Ok(())
}
