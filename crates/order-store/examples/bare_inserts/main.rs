//! The ceiling of filling a store: the rows that a filled store holds, inserted by the database
//! doing nothing else. Prints `{"orders":...,"seconds":...}`.
//!
//! ```text
//! cargo run --release -p order-store --example bare_inserts -- sqlite:<filled> sqlite:<new file>
//! cargo run --release -p order-store --example bare_inserts -- postgres://user:pw@host/<filled>
//! ```
//!
//! For Postgres the rows are taken out of the filled tables, which are emptied, and copied back.

#[path = "../fill/bare_postgres.rs"]
mod bare_postgres;
#[path = "../fill/bare_sqlite.rs"]
mod bare_sqlite;

use std::time::Duration;

use order_store::{OrderFilter, OrderQueries, OrderRow, PAGE_ROWS_MAX, Page};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _, query};

/// How many orders a transaction has, as the projector's by default.
const BATCH_ORDERS: usize = 1_000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (orders, took) = match arguments[..] {
        [filled, empty] => sqlite(filled, empty).await?,
        [filled] => postgres(filled).await?,
        _ => return Err("usage: bare_inserts sqlite:<filled> sqlite:<new> | postgres://...".into()),
    };
    println!("{{\"orders\":{orders},\"seconds\":{}}}", took.as_secs_f64());
    Ok(())
}

async fn sqlite(filled: &str, empty: &str) -> Result<(usize, Duration), Failure> {
    let path = empty.strip_prefix("sqlite:").ok_or("both stores are SQLite, or there is one")?;
    let store = order_store::open(filled).await?;
    let rows = all_rows(store.queries.as_ref()).await?;
    let batches: Vec<Vec<OrderRow>> = rows.chunks(BATCH_ORDERS).map(<[OrderRow]>::to_vec).collect();
    Ok((rows.len(), bare_sqlite::fill(path, &batches).await?))
}

/// Every row, oldest first, as the projector wrote them.
async fn all_rows(queries: &dyn OrderQueries) -> Result<Vec<OrderRow>, Failure> {
    let mut rows: Vec<OrderRow> = Vec::new();
    loop {
        let after = rows.last().map(OrderRow::cursor);
        let page = Page { limit: PAGE_ROWS_MAX, after };
        let found = queries.orders(OrderFilter::default(), page).await?;
        if found.is_empty() {
            rows.reverse();
            return Ok(rows);
        }
        rows.extend(found);
    }
}

async fn postgres(url: &str) -> Result<(usize, Duration), Failure> {
    let counted = query(
        "select count(*), coalesce(max(source_offset), 0), count(distinct source_partition)
         from orders",
    )
    .fetch_one(&mut PgConnection::connect(url).await?)
    .await?;
    let number = |column| counted.try_get::<i64, _>(column).map(|n| usize::try_from(n).unwrap_or(0));
    let (orders, newest, partitions) = (number(0)?, number(1)?, number(2)?);
    // A batch is a range of offsets, and holds it of every partition.
    let offsets = (BATCH_ORDERS / partitions.max(1)).max(1);
    let batches = newest / offsets + 1;
    Ok((orders, bare_postgres::fill(url, offsets, batches).await?))
}
