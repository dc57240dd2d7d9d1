//! The ceiling for MySQL: nothing but inserts of 100 rows each.

use order_domain::{OrderId, Timestamp};
use order_store::OrderRow;
use order_store::search::words_of;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, query, raw_sql};

use super::Failure;
use super::bare_server::BareServer;

const ROWS: usize = 100;

pub struct BareMysql {
    connection: MySqlConnection,
}

/// What goes into the tables in one transaction.
pub struct Rows {
    /// With their words, as one text.
    orders: Vec<(OrderRow, String)>,
    /// In the order of the table.
    words: Vec<(String, Timestamp, OrderId)>,
}

impl Rows {
    fn of(orders: &[OrderRow]) -> Self {
        let mut rows = Self { orders: Vec::with_capacity(orders.len()), words: Vec::new() };
        for order in orders {
            let words = words_of(&order.customer);
            rows.orders.push((order.clone(), words.join(" ")));
            rows.words
                .extend(words.into_iter().map(|word| (word, order.placed_at, order.order_id)));
        }
        rows.words.sort_unstable();
        rows
    }
}

impl BareServer for BareMysql {
    type Batch = Rows;

    async fn connect(url: &str) -> Result<Self, Failure> {
        let options: MySqlConnectOptions = url.parse()?;
        Ok(Self { connection: options.disable_statement_logging().connect().await? })
    }

    async fn create_tables(&mut self) -> Result<(), Failure> {
        raw_sql(
            "create table bare_orders like orders;
             create table bare_order_items like order_items;
             create table bare_order_words like order_words;",
        )
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    async fn prepare(&mut self, orders: &[OrderRow]) -> Result<Rows, Failure> {
        Ok(Rows::of(orders))
    }

    async fn write(&mut self, rows: Rows) -> Result<(), Failure> {
        let mut transaction = self.connection.begin().await?;
        insert_orders(&mut transaction, &rows.orders).await?;
        insert_items(&mut transaction, &rows.orders).await?;
        insert_words(&mut transaction, &rows.words).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn insert_orders(
    connection: &mut MySqlConnection,
    rows: &[(OrderRow, String)],
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
    rows: &[(OrderRow, String)],
) -> Result<(), Failure> {
    let items: Vec<_> = rows
        .iter()
        .flat_map(|(row, _)| (0_i64..).zip(&row.items).map(|item| (row.order_id, item)))
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
    words: &[(String, Timestamp, OrderId)],
) -> Result<(), Failure> {
    for run in words.chunks(ROWS) {
        let mut insert = query(AssertSqlSafe(values("bare_order_words", 3, run.len())));
        for (word, placed_at, order_id) in run {
            insert = insert.bind(word).bind(placed_at.0).bind(order_id.0);
        }
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}

fn values(table: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("insert into {table} values {}", vec![row; rows].join(","))
}
