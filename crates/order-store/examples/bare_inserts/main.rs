//! The ceiling of filling a store: the rows that a filled store holds, inserted by the database
//! doing nothing else. Prints `{"orders":...,"seconds":...}`.
//!
//! ```text
//! cargo run --release -p order-store --example bare_inserts -- sqlite:<filled> sqlite:<new file>
//! cargo run --release -p order-store --example bare_inserts -- postgres://user:pw@host/<filled>
//! cargo run --release -p order-store --example bare_inserts -- mysql://user:pw@host/<filled>
//! ```
//!
//! For Postgres and MySQL the rows go into tables beside the filled ones, over several connections at once.

#[path = "../fill/bare_mysql.rs"]
mod bare_mysql;
#[path = "../fill/bare_postgres.rs"]
mod bare_postgres;
#[path = "../fill/bare_server.rs"]
mod bare_server;
#[path = "../fill/bare_sqlite.rs"]
mod bare_sqlite;

use std::time::{Duration, Instant};

use bare_mysql::BareMysql;
use bare_postgres::BarePostgres;
use bare_server::BareServer;
use bare_sqlite::BareSqlite;
use order_store::{OrderFilter, OrderRow, PAGE_ROWS_MAX, Page, mysql, postgres};
use tokio::task::JoinSet;

/// How many orders a transaction has, as the projector's by default.
const BATCH_ORDERS: usize = 1_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (orders, took) =
        match arguments[..] {
            [filled, new] => sqlite(filled, new).await?,
            [filled] if filled.starts_with("mysql:") => {
                server::<BareMysql>(filled, mysql::WRITE_CONNECTIONS_MAX).await?
            }
            [filled] => server::<BarePostgres>(filled, postgres::WRITE_CONNECTIONS_MAX).await?,
            _ => return Err(
                "usage: bare_inserts sqlite:<filled> sqlite:<new> | postgres://... | mysql://..."
                    .into(),
            ),
        };
    println!("{{\"orders\":{orders},\"seconds\":{}}}", took.as_secs_f64());
    Ok(())
}

async fn sqlite(filled: &str, new: &str) -> Result<(usize, Duration), Failure> {
    let path = new.strip_prefix("sqlite:").ok_or("both stores are SQLite, or there is one")?;
    let rows = all_rows(filled).await?;
    let mut bare = BareSqlite::open(path).await?;
    let mut took = Duration::ZERO;
    for batch in rows.chunks(BATCH_ORDERS) {
        took += bare.write(batch).await?;
    }
    Ok((rows.len(), took))
}

/// Over as many connections at once as the store writes with, a partition over one of them.
async fn server<S: BareServer>(url: &str, connections: u32) -> Result<(usize, Duration), Failure> {
    let mut rows = all_rows(url).await?;
    rows.sort_by_key(|row| row.source);
    S::connect(url).await?.create_tables().await?;
    let mut lanes = Vec::new();
    for _ in 0..connections {
        lanes.push((S::connect(url).await?, Vec::new()));
    }
    let lanes_in_turn = (0..lanes.len()).cycle();
    let partitions = rows.chunk_by(|one, next| one.source.partition == next.source.partition);
    for (lane, partition) in lanes_in_turn.zip(partitions) {
        let (server, batches) = &mut lanes[lane];
        for batch in partition.chunks(BATCH_ORDERS) {
            batches.push(server.prepare(batch).await?);
        }
    }
    let started = Instant::now();
    let mut writing = JoinSet::new();
    for (mut server, batches) in lanes {
        writing.spawn(async move {
            for batch in batches {
                server.write(batch).await?;
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    Ok((rows.len(), started.elapsed()))
}

/// Every row, oldest first, as the projector wrote them.
async fn all_rows(url: &str) -> Result<Vec<OrderRow>, Failure> {
    let queries = order_store::open(url).await?.queries;
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
