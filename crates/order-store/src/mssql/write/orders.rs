//! The orders of a batch, their items and their words.
//!
//! First the rows that stand already are looked up and locked; then those that a newer one replaces
//! are removed; what is left is new and goes in with one statement a table.

use std::collections::HashMap;
use std::sync::LazyLock;

use order_domain::{OrderId, Position};

use crate::mssql::connection::Connection;
use crate::mssql::rows_as_json::{given, to_json};
use crate::newest::{follows, newest_of};
use crate::rows::{Columns as _, source};
use crate::search::words_of;
use crate::stored::{offset_to_sql, reason_to_sql};
use crate::trading::many_rows::Kind;
use crate::trading::session::{Value, text};
use crate::{OrderRow, StoreError};

pub async fn write(connection: &mut Connection, orders: &[OrderRow]) -> Result<(), StoreError> {
    let mut rows = newest_of(orders.iter(), |row| row.order_id, |row| row.source);
    if rows.is_empty() {
        return Ok(());
    }
    let standing = standing(connection, &rows).await?;
    rows.retain(|row| standing.get(&row.order_id).is_none_or(|old| follows(row.source, *old)));
    let replaced: Vec<Value<'_>> = rows
        .iter()
        .filter(|row| standing.contains_key(&row.order_id))
        .map(|row| Value::Id(row.order_id.0))
        .collect();
    remove(connection, &replaced).await?;
    insert(connection, &rows).await
}

/// The source of each of these orders that is in the store. They can't change until the commit.
async fn standing(
    connection: &mut Connection,
    rows: &[&OrderRow],
) -> Result<HashMap<OrderId, Position>, StoreError> {
    static SELECT: LazyLock<String> = LazyLock::new(|| {
        let asked = given("@P1", &[("asked_id", Kind::Id)]);
        format!(
            "select order_id, source_partition, source_offset from {asked} as asked
             join orders with (updlock) on order_id = asked_id"
        )
    });
    let ids: Vec<Value<'_>> = rows.iter().map(|row| Value::Id(row.order_id.0)).collect();
    let found = connection.query(&SELECT, &[Value::Text(to_json(&ids, 1).into())]).await?;
    let mut standing = HashMap::with_capacity(found.len());
    for row in &found {
        standing.insert(OrderId(row.uuid(0)?), source(row, 1)?);
    }
    Ok(standing)
}

async fn remove(connection: &mut Connection, ids: &[Value<'_>]) -> Result<(), StoreError> {
    static DELETE: LazyLock<String> = LazyLock::new(|| {
        let gone = given("@P1", &[("gone_id", Kind::Id)]);
        let delete = |table| {
            format!(
                "delete stands from {table} as stands
                 join {gone} as gone on stands.order_id = gone.gone_id"
            )
        };
        ["order_items", "order_words", "orders"].map(delete).join(";\n")
    });
    if ids.is_empty() {
        return Ok(());
    }
    connection.query(&DELETE, &[Value::Text(to_json(ids, 1).into())]).await?;
    Ok(())
}

/// The columns that are written of an order.
const ORDER: [(&str, Kind); 19] = [
    ("order_id", Kind::Id),
    ("source_partition", Kind::Number),
    ("source_offset", Kind::Number),
    ("version", Kind::Number),
    ("status", Kind::Name),
    ("rejection_reason", Kind::Name),
    ("rejection_detail", Kind::Text),
    ("placed_at_ms", Kind::Number),
    ("updated_at_ms", Kind::Number),
    ("customer_id", Kind::Number),
    ("customer_name", Kind::Text),
    ("customer_last_name", Kind::Text),
    ("customer_email", Kind::Text),
    ("shipping_address", Kind::Text),
    ("billing_address", Kind::Text),
    ("currency", Kind::Name),
    ("total_minor", Kind::Number),
    ("payment_method", Kind::Name),
    ("words", Kind::Text),
];

/// Those of an item.
const ITEM: [(&str, Kind); 10] = [
    ("order_id", Kind::Id),
    ("line", Kind::Number),
    ("item_code", Kind::Text),
    ("brand", Kind::Text),
    ("kind", Kind::Text),
    ("size", Kind::Text),
    ("colour", Kind::Text),
    ("quantity", Kind::Number),
    ("currency", Kind::Name),
    ("price_minor", Kind::Number),
];

/// Those of a word.
const WORD: [(&str, Kind); 2] = [("order_id", Kind::Id), ("word", Kind::Name)];

async fn insert(connection: &mut Connection, rows: &[&OrderRow]) -> Result<(), StoreError> {
    static INSERT: LazyLock<String> = LazyLock::new(|| {
        let insert = |table, parameter, columns: &[(&str, Kind)]| {
            let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let given = given(parameter, columns);
            format!("insert into {table} ({names}) select {names} from {given} as given")
        };
        [
            insert("orders", "@P1", &ORDER),
            insert("order_items", "@P2", &ITEM),
            insert("order_words", "@P3", &WORD),
        ]
        .join(";\n")
    });
    if rows.is_empty() {
        return Ok(());
    }
    let mut orders = Vec::with_capacity(rows.len() * ORDER.len());
    let mut items = Vec::new();
    let mut words = Vec::new();
    for row in rows {
        let found_by = words_of(&row.customer);
        orders.extend(order_values(row, found_by.join(" "))?);
        items.extend(item_values(row));
        for word in found_by {
            words.extend([Value::Id(row.order_id.0), Value::Text(word.into())]);
        }
    }
    let values = [
        Value::Text(to_json(&orders, ORDER.len()).into()),
        Value::Text(to_json(&items, ITEM.len()).into()),
        Value::Text(to_json(&words, WORD.len()).into()),
    ];
    connection.query(&INSERT, &values).await?;
    Ok(())
}

fn order_values(row: &OrderRow, words: String) -> Result<[Value<'_>; ORDER.len()], StoreError> {
    Ok([
        Value::Id(row.order_id.0),
        Value::Number(row.source.partition.0.into()),
        Value::Number(offset_to_sql(row.source.offset)?),
        Value::Number(row.version.into()),
        text(row.status.name()),
        Value::TextOrNull(reason_to_sql(row.status)),
        Value::TextOrNull(row.rejection_detail.as_deref()),
        Value::Number(row.placed_at.0),
        Value::Number(row.updated_at.0),
        Value::Number(row.customer.id.0.cast_signed()),
        text(&row.customer.name),
        text(&row.customer.last_name),
        text(&row.customer.email),
        text(&row.shipping_address),
        text(&row.billing_address),
        text(row.total.currency().code()),
        Value::Number(row.total.minor()),
        text(row.payment_method.name()),
        Value::Text(words.into()),
    ])
}

fn item_values(row: &OrderRow) -> impl Iterator<Item = Value<'_>> {
    (0..).zip(&row.items).flat_map(|(line, item)| {
        [
            Value::Id(row.order_id.0),
            Value::Number(line),
            text(&item.item_code),
            text(&item.brand),
            text(&item.kind),
            text(&item.size),
            text(&item.colour),
            Value::Number(item.quantity.into()),
            text(item.price.currency().code()),
            Value::Number(item.price.minor()),
        ]
    })
}
