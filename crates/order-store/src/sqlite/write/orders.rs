//! The orders of a batch, their items and their searchable words.
//!
//! First the rows that stand already are looked up; then those that a newer one replaces are
//! removed; then everything is inserted, in the order of the keys, which is what every index here,
//! and FTS5 above all, takes in fastest.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use order_domain::purchase::Item;
use order_domain::{OrderId, Position};
use sqlx::sqlite::Sqlite;
use sqlx::{Row, Transaction, query};

use crate::multi_row::MultiRow;
use crate::newest::{follows, newest_of};
use crate::rows::{Columns as _, source};
use crate::search::words_of;
use crate::sqlite::errors::classify;
use crate::sqlite::order_key::Bucket;
use crate::stored::{offset_to_sql, reason_to_sql};
use crate::{OrderRow, StoreError};

type WriteTransaction<'a> = Transaction<'a, Sqlite>;

pub async fn write(
    transaction: &mut WriteTransaction<'_>,
    orders: Vec<&OrderRow>,
) -> Result<(), StoreError> {
    let mut rows = newest_of(orders.into_iter(), |row| row.order_id, |row| row.source);
    let standing = standing(transaction, &rows).await?;
    rows.retain(|row| standing.get(&row.order_id).is_none_or(|(_, old)| follows(row.source, *old)));
    let mut replaced: Vec<i64> =
        rows.iter().filter_map(|row| Some(standing.get(&row.order_id)?.0)).collect();
    replaced.sort_unstable();
    remove(transaction, &replaced).await?;
    let keyed = keyed(transaction, rows).await?;
    insert_orders(transaction, &keyed).await?;
    insert_items(transaction, &keyed).await?;
    insert_words(transaction, &keyed).await
}

/// The key that each of these orders has in the store, if it is there, and its source.
async fn standing(
    transaction: &mut WriteTransaction<'_>,
    rows: &[&OrderRow],
) -> Result<HashMap<OrderId, (i64, Position)>, StoreError> {
    static SELECT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "select order_key, order_id, source_partition, source_offset
             from orders where order_id in (",
            "?",
            ")",
        )
    });
    let mut standing = HashMap::new();
    for (sql, run) in SELECT.split(rows) {
        let mut select = query(sql);
        for row in run {
            select = select.bind(row.order_id.0);
        }
        for found in select.fetch_all(&mut **transaction).await.map_err(classify)? {
            let order_id = OrderId(found.uuid(1)?);
            standing.insert(order_id, (found.number(0)?, source(&found, 2)?));
        }
    }
    Ok(standing)
}

async fn remove(transaction: &mut WriteTransaction<'_>, keys: &[i64]) -> Result<(), StoreError> {
    static DELETES: LazyLock<[MultiRow; 3]> = LazyLock::new(|| {
        [
            "delete from order_items where order_key in (",
            "delete from order_words where rowid in (",
            "delete from orders where order_key in (",
        ]
        .map(|head| MultiRow::new(head, "?", ")"))
    });
    for delete in DELETES.iter() {
        for (sql, run) in delete.split(keys) {
            let mut delete = query(sql);
            for key in run {
                delete = delete.bind(key);
            }
            delete.execute(&mut **transaction).await.map_err(classify)?;
        }
    }
    Ok(())
}

/// A row and the key that it is going to have.
struct Keyed<'a> {
    key: i64,
    row: &'a OrderRow,
}

/// Gives every row the next free key of its time; sorted by key.
async fn keyed<'a>(
    transaction: &mut WriteTransaction<'_>,
    rows: Vec<&'a OrderRow>,
) -> Result<Vec<Keyed<'a>>, StoreError> {
    let mut by_bucket: BTreeMap<Bucket, Vec<&OrderRow>> = BTreeMap::new();
    for row in rows {
        by_bucket.entry(Bucket::at(row.placed_at)).or_default().push(row);
    }
    let buckets: Vec<Bucket> = by_bucket.keys().copied().collect();
    let mut newest_keys = newest_keys(transaction, &buckets).await?;
    let mut keyed = Vec::new();
    for (bucket, rows) in by_bucket {
        let mut newest = newest_keys.remove(&bucket);
        for row in rows {
            let key = bucket.next_key(newest)?;
            keyed.push(Keyed { key, row });
            newest = Some(key);
        }
    }
    Ok(keyed)
}

/// The highest key of every bucket that has one.
async fn newest_keys(
    transaction: &mut WriteTransaction<'_>,
    buckets: &[Bucket],
) -> Result<HashMap<Bucket, i64>, StoreError> {
    static SELECT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "select (select max(order_key) from orders
                     where order_key between bucket.column1 and bucket.column2)
             from (values ",
            "(?, ?)",
            ") as bucket",
        )
    });
    let mut newest = HashMap::new();
    for (sql, run) in SELECT.split(buckets) {
        let mut select = query(sql);
        for bucket in run {
            select = select.bind(bucket.first_key()).bind(bucket.last_key());
        }
        for found in select.fetch_all(&mut **transaction).await.map_err(classify)? {
            if let Some(key) = found.try_get::<Option<i64>, _>(0).map_err(classify)? {
                newest.insert(Bucket::of_key(key), key);
            }
        }
    }
    Ok(newest)
}

async fn insert_orders(
    transaction: &mut WriteTransaction<'_>,
    rows: &[Keyed<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "insert into orders
             (order_key, order_id, source_partition, source_offset, version, status,
              rejection_reason, rejection_detail, placed_at_ms, updated_at_ms, customer_id,
              customer_name, customer_last_name, customer_email, shipping_address,
              billing_address, currency, total_minor, payment_method)
             values ",
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
        )
    });
    for (sql, run) in INSERT.split(rows) {
        let mut insert = query(sql);
        for Keyed { key, row } in run {
            insert = insert
                .bind(key)
                .bind(row.order_id.0)
                .bind(i64::from(row.source.partition.0))
                .bind(offset_to_sql(row.source.offset)?)
                .bind(i64::from(row.version))
                .bind(row.status.name())
                .bind(reason_to_sql(row.status))
                .bind(row.rejection_detail.as_deref())
                .bind(row.placed_at.0)
                .bind(row.updated_at.0)
                .bind(row.customer.id.0.cast_signed())
                .bind(&row.customer.name)
                .bind(&row.customer.last_name)
                .bind(&row.customer.email)
                .bind(&row.shipping_address)
                .bind(&row.billing_address)
                .bind(row.total.currency().code())
                .bind(row.total.minor())
                .bind(row.payment_method.name());
        }
        insert.execute(&mut **transaction).await.map_err(classify)?;
    }
    Ok(())
}

async fn insert_items(
    transaction: &mut WriteTransaction<'_>,
    rows: &[Keyed<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new(
            "insert into order_items
             (order_key, line, item_code, brand, kind, size, colour, quantity, currency,
              price_minor)
             values ",
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "",
        )
    });
    let items: Vec<(i64, i64, &Item)> = rows
        .iter()
        .flat_map(|Keyed { key, row }| {
            (0..).zip(&row.items).map(move |(line, item)| (*key, line, item))
        })
        .collect();
    for (sql, run) in INSERT.split(&items) {
        let mut insert = query(sql);
        for (key, line, item) in run {
            insert = insert
                .bind(key)
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
        insert.execute(&mut **transaction).await.map_err(classify)?;
    }
    Ok(())
}

async fn insert_words(
    transaction: &mut WriteTransaction<'_>,
    rows: &[Keyed<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<MultiRow> = LazyLock::new(|| {
        MultiRow::new("insert into order_words (rowid, words) values ", "(?, ?)", "")
    });
    for (sql, run) in INSERT.split(rows) {
        let mut insert = query(sql);
        for Keyed { key, row } in run {
            insert = insert.bind(key).bind(words_of(&row.customer).join(" "));
        }
        insert.execute(&mut **transaction).await.map_err(classify)?;
    }
    Ok(())
}
