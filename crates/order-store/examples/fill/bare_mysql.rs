//! The ceiling for MySQL: nothing but inserts of 100 rows each.

use std::time::{Duration, Instant};

use order_store::OrderRow;
use order_store::search::words_of;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, query, raw_sql};

use super::Failure;

const ROWS: usize = 100;

/// Tables like those of the store, beside them.
pub struct BareMysql {
    connection: MySqlConnection,
}

impl BareMysql {
    pub async fn open(url: &str) -> Result<Self, Failure> {
        let options: MySqlConnectOptions = url.parse()?;
        let mut connection = options.disable_statement_logging().connect().await?;
        raw_sql(
            "create table bare_orders like orders;
             create table bare_order_items like order_items;
             create table bare_order_words like order_words;",
        )
        .execute(&mut connection)
        .await?;
        Ok(Self { connection })
    }

    pub async fn write(&mut self, orders: &[OrderRow]) -> Result<Duration, Failure> {
        let rows: Vec<_> = orders.iter().map(|row| (row, words_of(&row.customer))).collect();
        let mut words: Vec<_> = rows
            .iter()
            .flat_map(|(row, words)| words.iter().map(move |word| (word, *row)))
            .collect();
        words.sort_unstable_by_key(|(word, row)| (*word, row.placed_at, row.order_id));
        let rows: Vec<_> = rows.iter().map(|(row, words)| (*row, words.join(" "))).collect();
        let started = Instant::now();
        let mut transaction = self.connection.begin().await?;
        insert_orders(&mut transaction, &rows).await?;
        insert_items(&mut transaction, orders).await?;
        insert_words(&mut transaction, &words).await?;
        transaction.commit().await?;
        Ok(started.elapsed())
    }
}

async fn insert_orders(
    connection: &mut MySqlConnection,
    rows: &[(&OrderRow, String)],
) -> Result<(), Failure> {
    for run in rows.chunks(ROWS) {
        let mut insert = query(AssertSqlSafe(values("bare_orders", 19, run.len())));
        for (row, words) in run {
            insert = insert
                .bind(row.placed_at.0)
                .bind(row.order_id.0)
                .bind(i64::from(row.source.partition.0))
                .bind(row.source.offset.0.cast_signed())
                .bind(i64::from(row.version))
                .bind(row.status.name())
                .bind(None::<&str>)
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
                .bind(words);
        }
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_items(
    connection: &mut MySqlConnection,
    orders: &[OrderRow],
) -> Result<(), Failure> {
    let items: Vec<_> = orders
        .iter()
        .flat_map(|row| (0_i64..).zip(&row.items).map(|item| (row.order_id, item)))
        .collect();
    for run in items.chunks(ROWS) {
        let mut insert = query(AssertSqlSafe(values("bare_order_items", 10, run.len())));
        for (order_id, (line, item)) in run {
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
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_words(
    connection: &mut MySqlConnection,
    words: &[(&String, &OrderRow)],
) -> Result<(), Failure> {
    for run in words.chunks(ROWS) {
        let mut insert = query(AssertSqlSafe(values("bare_order_words", 3, run.len())));
        for (word, row) in run {
            insert = insert.bind(*word).bind(row.placed_at.0).bind(row.order_id.0);
        }
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}

fn values(table: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("insert into {table} values {}", vec![row; rows].join(","))
}
