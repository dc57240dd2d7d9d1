//! The orders of a batch and their items.
//!
//! First the rows that stand already are looked up and locked; then those that a newer one replaces
//! are removed; what is left is new and goes in by `COPY`.

use std::collections::HashMap;

use order_domain::purchase::Item;
use order_domain::{OrderId, Position};
use sqlx::postgres::PgConnection;
use sqlx::query;
use uuid::Uuid;

use crate::newest::{follows, newest_of};
use crate::postgres::copy::{Fields, copy_rows};
use crate::postgres::errors::classify;
use crate::rows::{Columns as _, source};
use crate::search::words_of;
use crate::stored::{offset_to_sql, reason_to_sql};
use crate::{OrderRow, StoreError};

pub async fn write(connection: &mut PgConnection, orders: &[OrderRow]) -> Result<(), StoreError> {
    let mut rows = newest_of(orders.iter(), |row| row.order_id, |row| row.source);
    if rows.is_empty() {
        return Ok(());
    }
    let standing = standing(connection, &rows).await?;
    rows.retain(|row| standing.get(&row.order_id).is_none_or(|old| follows(row.source, *old)));
    let replaced: Vec<Uuid> = rows
        .iter()
        .filter(|row| standing.contains_key(&row.order_id))
        .map(|row| row.order_id.0)
        .collect();
    remove(connection, &replaced).await?;
    if rows.is_empty() {
        return Ok(());
    }
    copy_orders(connection, &rows).await?;
    copy_items(connection, &rows).await
}

/// The source of each of these orders that is in the store. They can't change until the commit.
async fn standing(
    connection: &mut PgConnection,
    rows: &[&OrderRow],
) -> Result<HashMap<OrderId, Position>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.order_id.0).collect();
    let found = query(
        "select order_id, source_partition, source_offset from orders
         where order_id = any($1) order by order_id for update",
    )
    .bind(ids)
    .fetch_all(connection)
    .await
    .map_err(classify)?;
    let mut standing = HashMap::with_capacity(found.len());
    for row in found {
        standing.insert(OrderId(row.uuid(0)?), source(&row, 1)?);
    }
    Ok(standing)
}

async fn remove(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    for sql in [
        "delete from order_items where order_id = any($1)",
        "delete from orders where order_id = any($1)",
    ] {
        query(sql).bind(ids).execute(&mut *connection).await.map_err(classify)?;
    }
    Ok(())
}

async fn copy_orders(connection: &mut PgConnection, rows: &[&OrderRow]) -> Result<(), StoreError> {
    let statement = "copy orders (order_id, source_partition, source_offset, version, status,
         rejection_reason, rejection_detail, placed_at_ms, updated_at_ms, customer_id,
         customer_name, customer_last_name, customer_email, shipping_address, billing_address,
         currency, total_minor, payment_method, words) from stdin (format binary)";
    copy_rows(connection, statement, 19, rows, order_fields).await
}

fn order_fields(fields: &mut Fields, row: &OrderRow) -> Result<(), StoreError> {
    fields.uuid(row.order_id.0)?;
    fields.number(i64::from(row.source.partition.0))?;
    fields.number(offset_to_sql(row.source.offset)?)?;
    fields.number(i64::from(row.version))?;
    fields.text(row.status.name())?;
    fields.text_or_null(reason_to_sql(row.status))?;
    fields.text_or_null(row.rejection_detail.as_deref())?;
    fields.number(row.placed_at.0)?;
    fields.number(row.updated_at.0)?;
    fields.number(row.customer.id.0.cast_signed())?;
    fields.text(&row.customer.name)?;
    fields.text(&row.customer.last_name)?;
    fields.text(&row.customer.email)?;
    fields.text(&row.shipping_address)?;
    fields.text(&row.billing_address)?;
    fields.text(row.total.currency().code())?;
    fields.number(row.total.minor())?;
    fields.text(row.payment_method.name())?;
    fields.words(&words_of(&row.customer))
}

async fn copy_items(connection: &mut PgConnection, rows: &[&OrderRow]) -> Result<(), StoreError> {
    let statement = "copy order_items (order_id, line, item_code, brand, kind, size, colour,
         quantity, currency, price_minor) from stdin (format binary)";
    let items: Vec<(OrderId, i64, &Item)> = rows
        .iter()
        .flat_map(|row| (0..).zip(&row.items).map(|(line, item)| (row.order_id, line, item)))
        .collect();
    copy_rows(connection, statement, 10, &items, item_fields).await
}

fn item_fields(
    fields: &mut Fields,
    (order_id, line, item): (OrderId, i64, &Item),
) -> Result<(), StoreError> {
    fields.uuid(order_id.0)?;
    fields.number(line)?;
    fields.text(&item.item_code)?;
    fields.text(&item.brand)?;
    fields.text(&item.kind)?;
    fields.text(&item.size)?;
    fields.text(&item.colour)?;
    fields.number(i64::from(item.quantity))?;
    fields.text(item.price.currency().code())?;
    fields.number(item.price.minor())
}
