//! Single things: an order, a checkpoint, what is parked.

use std::collections::HashMap;

use order_domain::purchase::{Customer, Item};
use order_domain::{CustomerId, OrderId, Partition, Position, Timestamp};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Connection, Error, Row, query};
use uuid::Uuid;

use super::errors::classify;
use crate::stored::{
    money_from_sql, offset_from_sql, partition_from_sql, payment_method_from_sql, small_from_sql,
    status_from_sql, tier_from_sql,
};
use crate::{Checkpoint, OrderRow, ParkedSubject, StoreError, StreamId};

/// What [`without_items`] reads, in its order.
pub const ORDER_COLUMNS: &str = "order_id, source_partition, source_offset, version, \
     status, rejection_reason, rejection_detail, placed_at_ms, updated_at_ms, customer_id, \
     customer_name, customer_last_name, customer_email, shipping_address, billing_address, \
     currency, total_minor, payment_method";

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
    rows: &[PgRow],
) -> Result<Vec<OrderRow>, StoreError> {
    let mut orders = rows.iter().map(without_items).collect::<Result<Vec<_>, _>>()?;
    if orders.is_empty() {
        return Ok(orders);
    }
    let ids: Vec<Uuid> = orders.iter().map(|order| order.order_id.0).collect();
    let places: HashMap<Uuid, usize> = ids.iter().copied().zip(0..).collect();
    let items = query(
        "select order_id, item_code, brand, kind, size, colour, quantity, currency, price_minor
         from order_items where order_id = any($1) order by order_id, line",
    )
    .bind(ids)
    .fetch_all(connection)
    .await
    .map_err(classify)?;
    for row in &items {
        let order_id: Uuid = row.try_get(0).map_err(classify)?;
        if let Some(&place) = places.get(&order_id) {
            orders[place].items.push(item(row)?);
        }
    }
    Ok(orders)
}

fn without_items(row: &PgRow) -> Result<OrderRow, StoreError> {
    let raw = RawOrder::read(row).map_err(classify)?;
    Ok(OrderRow {
        order_id: OrderId(raw.order_id),
        source: Position::new(
            partition_from_sql(raw.source_partition)?,
            offset_from_sql(raw.source_offset)?,
        ),
        version: small_from_sql("a version", raw.version)?,
        status: status_from_sql(raw.status, raw.rejection_reason)?,
        rejection_detail: raw.rejection_detail,
        placed_at: Timestamp(raw.placed_at_ms),
        updated_at: Timestamp(raw.updated_at_ms),
        customer: raw.customer,
        shipping_address: raw.shipping_address,
        billing_address: raw.billing_address,
        total: money_from_sql(raw.total_minor, raw.currency)?,
        payment_method: payment_method_from_sql(raw.payment_method)?,
        items: Vec::new(),
    })
}

/// A row's values before they are checked.
struct RawOrder<'r> {
    order_id: Uuid,
    source_partition: i64,
    source_offset: i64,
    version: i64,
    status: &'r str,
    rejection_reason: Option<&'r str>,
    rejection_detail: Option<String>,
    placed_at_ms: i64,
    updated_at_ms: i64,
    customer: Customer,
    shipping_address: String,
    billing_address: String,
    currency: &'r str,
    total_minor: i64,
    payment_method: &'r str,
}

impl<'r> RawOrder<'r> {
    fn read(row: &'r PgRow) -> Result<Self, Error> {
        Ok(Self {
            order_id: row.try_get(0)?,
            source_partition: row.try_get(1)?,
            source_offset: row.try_get(2)?,
            version: row.try_get(3)?,
            status: row.try_get(4)?,
            rejection_reason: row.try_get(5)?,
            rejection_detail: row.try_get(6)?,
            placed_at_ms: row.try_get(7)?,
            updated_at_ms: row.try_get(8)?,
            customer: Customer {
                id: CustomerId(row.try_get::<i64, _>(9)?.cast_unsigned()),
                name: row.try_get(10)?,
                last_name: row.try_get(11)?,
                email: row.try_get(12)?,
            },
            shipping_address: row.try_get(13)?,
            billing_address: row.try_get(14)?,
            currency: row.try_get(15)?,
            total_minor: row.try_get(16)?,
            payment_method: row.try_get(17)?,
        })
    }
}

fn item(row: &PgRow) -> Result<Item, StoreError> {
    let text = |column: usize| row.try_get::<String, _>(column).map_err(classify);
    let number = |column: usize| row.try_get::<i64, _>(column).map_err(classify);
    Ok(Item {
        item_code: text(1)?,
        brand: text(2)?,
        kind: text(3)?,
        size: text(4)?,
        colour: text(5)?,
        quantity: small_from_sql("a quantity", number(6)?)?,
        price: money_from_sql(number(8)?, &text(7)?)?,
    })
}

pub async fn checkpoint(
    connection: &mut PgConnection,
    stream: &StreamId,
) -> Result<Checkpoint, StoreError> {
    let found = query(
        "select next_offset, source_next_offset from checkpoints
         where topic = $1 and partition = $2",
    )
    .bind(&stream.topic)
    .bind(i64::from(stream.partition.0))
    .fetch_optional(connection)
    .await
    .map_err(classify)?;
    let Some(row) = found else { return Ok(Checkpoint::default()) };
    Ok(Checkpoint {
        next: offset_from_sql(row.try_get(0).map_err(classify)?)?,
        source_next: offset_from_sql(row.try_get(1).map_err(classify)?)?,
    })
}

pub async fn parked(
    connection: &mut PgConnection,
    partition: Partition,
) -> Result<Vec<ParkedSubject>, StoreError> {
    let found = query(
        "select order_id, retry_tier, last_source_offset, since_ms, cause
         from parked_subjects where partition = $1 order by order_id",
    )
    .bind(i64::from(partition.0))
    .fetch_all(connection)
    .await
    .map_err(classify)?;
    found.iter().map(|row| parked_subject(partition, row)).collect()
}

fn parked_subject(partition: Partition, row: &PgRow) -> Result<ParkedSubject, StoreError> {
    Ok(ParkedSubject {
        partition,
        order_id: OrderId(row.try_get(0).map_err(classify)?),
        tier: tier_from_sql(row.try_get(1).map_err(classify)?)?,
        last_source: offset_from_sql(row.try_get(2).map_err(classify)?)?,
        since: Timestamp(row.try_get(3).map_err(classify)?),
        cause: row.try_get(4).map_err(classify)?,
    })
}

/// Whether the database can be read and holds the schema.
pub async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    query("select 1 from orders limit 1").fetch_optional(connection).await.map_err(classify)?;
    Ok(())
}
