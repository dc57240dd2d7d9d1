//! The orders of a batch, their items and their searchable words.
//!
//! First the rows that stand already are looked up and locked; then those that a newer one replaces are
//! removed; what is left is new and is inserted, many rows a statement.

use std::collections::HashMap;
use std::sync::LazyLock;

use order_domain::purchase::Item;
use order_domain::{OrderId, Position};
use sqlx::mysql::MySqlConnection;
use sqlx::{Row as _, query};

use crate::multi_row::MultiRow;
use crate::mysql::errors::classify;
use crate::newest::{follows, newest_of};
use crate::rows::{Columns as _, source};
use crate::search::words_of;
use crate::stored::{offset_to_sql, reason_to_sql};
use crate::{OrderRow, StoreError};

pub async fn write(
    connection: &mut MySqlConnection,
    orders: &[OrderRow],
) -> Result<(), StoreError> {
    let mut rows = newest_of(orders.iter(), |row| row.order_id, |row| row.source);
    let standing = standing(connection, &rows).await?;
    rows.retain(|row| {
        standing.get(&row.order_id).is_none_or(|old| follows(row.source, old.source))
    });
    let replaced: Vec<&Standing> =
        rows.iter().filter_map(|row| standing.get(&row.order_id)).collect();
    remove(connection, &replaced).await?;
    let found_by = rows.into_iter().map(FoundBy::of).collect::<Vec<_>>();
    insert_orders(connection, &found_by).await?;
    insert_items(connection, &found_by).await?;
    insert_words(connection, &found_by).await
}

/// An order that is in the store, as far as a newer one must know it.
struct Standing {
    order_id: OrderId,
    placed_at_ms: i64,
    source: Position,
    words: String,
}

/// Those of these orders that are in the store. They can't change until the commit.
async fn standing(
    connection: &mut MySqlConnection,
    rows: &[&OrderRow],
) -> Result<HashMap<OrderId, Standing>, StoreError> {
    static SELECT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "select order_id, source_partition, source_offset, placed_at_ms, words
             from orders force index (orders_by_id) where order_id in (",
            "?",
            ") order by order_id for update",
        )
    });
    let mut standing = HashMap::new();
    for (sql, run) in SELECT.split(rows) {
        let mut select = query(sql);
        for row in run {
            select = select.bind(row.order_id.0);
        }
        for found in select.fetch_all(&mut *connection).await.map_err(classify)? {
            let order_id = OrderId(found.uuid(0)?);
            let (source, placed_at_ms) = (source(&found, 1)?, found.number(3)?);
            let words = found.try_get(4).map_err(classify)?;
            standing.insert(order_id, Standing { order_id, placed_at_ms, source, words });
        }
    }
    Ok(standing)
}

async fn remove(connection: &mut MySqlConnection, rows: &[&Standing]) -> Result<(), StoreError> {
    static DELETES: LazyLock<[MultiRow; 2]> = LazyLock::new(|| {
        ["delete from order_items where order_id in (", "delete from orders where order_id in ("]
            .map(|head| MultiRow::new(head, "?", ")"))
    });
    for delete in DELETES.iter() {
        for (sql, run) in delete.split(rows) {
            let mut delete = query(sql);
            for row in run {
                delete = delete.bind(row.order_id.0);
            }
            delete.execute(&mut *connection).await.map_err(classify)?;
        }
    }
    for row in rows {
        for word in row.words.split_whitespace() {
            query("delete from order_words where word = ? and placed_at_ms = ? and order_id = ?")
                .bind(word)
                .bind(row.placed_at_ms)
                .bind(row.order_id.0)
                .execute(&mut *connection)
                .await
                .map_err(classify)?;
        }
    }
    Ok(())
}

/// A row and the words that it is found by.
struct FoundBy<'a> {
    row: &'a OrderRow,
    words: Vec<String>,
}

impl<'a> FoundBy<'a> {
    fn of(row: &'a OrderRow) -> Self {
        Self { row, words: words_of(&row.customer) }
    }

    /// The words, each behind a blank, so that a pattern can find how one begins.
    fn text(&self) -> String {
        self.words.iter().flat_map(|word| [" ", word.as_str()]).collect()
    }
}

async fn insert_orders(
    connection: &mut MySqlConnection,
    rows: &[FoundBy<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "insert into orders
             (placed_at_ms, order_id, source_partition, source_offset, version, status,
              rejection_reason, rejection_detail, updated_at_ms, customer_id, customer_name,
              customer_last_name, customer_email, shipping_address, billing_address, currency,
              total_minor, payment_method, words)
             values ",
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
        )
    });
    for (sql, run) in INSERT.split(rows) {
        let mut insert = query(sql);
        for found_by in run {
            let row = found_by.row;
            insert = insert
                .bind(row.placed_at.0)
                .bind(row.order_id.0)
                .bind(i64::from(row.source.partition.0))
                .bind(offset_to_sql(row.source.offset)?)
                .bind(i64::from(row.version))
                .bind(row.status.name())
                .bind(reason_to_sql(row.status))
                .bind(row.rejection_detail.as_deref())
                .bind(row.updated_at.0)
                .bind(row.customer.id.0.cast_signed())
                .bind(&row.customer.name)
                .bind(&row.customer.last_name)
                .bind(&row.customer.email)
                .bind(&row.shipping_address)
                .bind(&row.billing_address)
                .bind(row.total.currency().code())
                .bind(row.total.minor())
                .bind(row.payment_method.name())
                .bind(found_by.text());
        }
        insert.execute(&mut *connection).await.map_err(classify)?;
    }
    Ok(())
}

async fn insert_items(
    connection: &mut MySqlConnection,
    rows: &[FoundBy<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "insert into order_items
             (order_id, line, item_code, brand, kind, size, colour, quantity, currency,
              price_minor)
             values ",
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
        )
    });
    let items: Vec<(OrderId, i64, &Item)> = rows
        .iter()
        .flat_map(|FoundBy { row, .. }| {
            (0..).zip(&row.items).map(|(line, item)| (row.order_id, line, item))
        })
        .collect();
    for (sql, run) in INSERT.split(&items) {
        let mut insert = query(sql);
        for (order_id, line, item) in run {
            insert = insert
                .bind(order_id.0)
                .bind(line)
                .bind(&item.item_code)
                .bind(&item.brand)
                .bind(&item.kind)
                .bind(&item.size)
                .bind(&item.colour)
                .bind(i64::from(item.quantity))
                .bind(item.price.currency().code())
                .bind(item.price.minor());
        }
        insert.execute(&mut *connection).await.map_err(classify)?;
    }
    Ok(())
}

/// In the order of the table, which takes them in fastest so.
async fn insert_words(
    connection: &mut MySqlConnection,
    rows: &[FoundBy<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "insert into order_words (word, placed_at_ms, order_id) values ",
            "(?, ?, ?)",
            "",
        )
    });
    let mut words: Vec<(&str, i64, OrderId)> = rows
        .iter()
        .flat_map(|FoundBy { row, words }| {
            words.iter().map(|word| (word.as_str(), row.placed_at.0, row.order_id))
        })
        .collect();
    words.sort_unstable();
    for (sql, run) in INSERT.split(&words) {
        let mut insert = query(sql);
        for (word, placed_at_ms, order_id) in run {
            insert = insert.bind(word).bind(placed_at_ms).bind(order_id.0);
        }
        insert.execute(&mut *connection).await.map_err(classify)?;
    }
    Ok(())
}
