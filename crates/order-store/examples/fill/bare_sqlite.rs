//! The ceiling for SQLite: nothing but inserts of 100 rows each.

use std::time::{Duration, Instant};

use order_store::search::words_of;
use order_store::{OrderRow, ProjectionStore as _};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, query};

use super::Failure;

const ROWS: usize = 100;

pub struct BareSqlite {
    connection: SqliteConnection,
    key: i64,
}

impl BareSqlite {
    pub async fn open(path: &str) -> Result<Self, Failure> {
        order_store::sqlite::SqliteStore::open(&format!("sqlite:{path}")).await?.migrate().await?;
        let connection = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", "4096")
            .disable_statement_logging()
            .connect()
            .await?;
        Ok(Self { connection, key: 0 })
    }

    pub async fn write(&mut self, orders: &[OrderRow]) -> Result<Duration, Failure> {
        let mut rows = Vec::with_capacity(orders.len());
        for row in orders {
            self.key += 1;
            rows.push((self.key, row, words_of(&row.customer).join(" ")));
        }
        let started = Instant::now();
        insert(&mut self.connection, &rows).await?;
        Ok(started.elapsed())
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    rows: &[(i64, &OrderRow, String)],
) -> Result<(), Failure> {
    let mut transaction = connection.begin().await?;
    for run in rows.chunks(ROWS) {
        let mut insert = query(AssertSqlSafe(values("orders", 19, run.len())));
        for (key, row, _) in run {
            insert = insert
                .bind(key)
                .bind(row.order_id.0)
                .bind(i64::from(row.source.partition.0))
                .bind(row.source.offset.0.cast_signed())
                .bind(i64::from(row.version))
                .bind(row.status.name())
                .bind(None::<&str>)
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
        insert.execute(&mut *transaction).await?;
    }
    let items: Vec<_> = rows
        .iter()
        .flat_map(|(key, row, _)| (0_i64..).zip(&row.items).map(move |item| (key, item)))
        .collect();
    for run in items.chunks(ROWS) {
        let mut insert = query(AssertSqlSafe(values("order_items", 10, run.len())));
        for (key, (line, item)) in run {
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
        insert.execute(&mut *transaction).await?;
    }
    for run in rows.chunks(ROWS) {
        let mut insert = query(AssertSqlSafe(values("order_words (rowid, words)", 2, run.len())));
        for (key, _, words) in run {
            insert = insert.bind(key).bind(words);
        }
        insert.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

fn values(table: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("insert into {table} values {}", vec![row; rows].join(","))
}
