//! How fast the store is filled, against the bare database doing nothing else.
//!
//! ```text
//! cargo run --release -p order-store --example fill -- sqlite:/tmp/fill.db [orders]
//! cargo run --release -p order-store --example fill -- postgres://user:pw@host/empty_db [orders]
//! ```
//!
//! Both sides write the same rows into the same schema, batch by batch, one transaction each. The
//! bare side neither looks for rows that stand, nor moves checkpoints, nor splits names into words;
//! for Postgres it copies bytes that were encoded beforehand. The database must be empty; it is left
//! full, for the questions that are timed last.

mod bare_postgres;
mod bare_sqlite;
mod orders;
mod questions;

use std::time::{Duration, Instant};

use order_domain::{Offset, Partition};
use order_store::{Checkpoint, CheckpointMove, OrderRow, OrderStore, ProjectionBatch, StreamId};

/// How many orders a batch has.
const BATCH_ORDERS: usize = 1_000;

/// How many orders are written unless the command line says otherwise.
const ORDERS_DEFAULT: usize = 200_000;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: fill <store url> [orders]")?;
    let count = arguments.next().map_or(Ok(ORDERS_DEFAULT), |text| text.parse())?;
    let batches: Vec<Vec<OrderRow>> =
        orders::generate(count).chunks(BATCH_ORDERS).map(<[OrderRow]>::to_vec).collect();

    let (bare, filled, store) = if let Some(path) = url.strip_prefix("sqlite:") {
        let bare = bare_sqlite::fill(&format!("{path}.bare"), &batches).await?;
        let (filled, store) = fill(&url, &batches).await?;
        (bare, filled, store)
    } else {
        let (filled, store) = fill(&url, &batches).await?;
        (bare_postgres::fill(&url, BATCH_ORDERS, batches.len()).await?, filled, store)
    };
    println!("{count} orders, 2 items each, {BATCH_ORDERS} a transaction");
    let bare = report("bare inserts", count, bare);
    let filled = report("apply()", count, filled);
    println!("{:<16} {:>10.2}", "ratio", filled / bare);
    questions::time(&store).await
}

/// Prints and returns orders per second.
fn report(what: &str, count: usize, took: Duration) -> f64 {
    let count = u32::try_from(count).map_or(f64::INFINITY, f64::from);
    let rate = count / took.as_secs_f64();
    println!("{what:<16} {rate:>10.0} orders/s");
    rate
}

async fn fill(url: &str, batches: &[Vec<OrderRow>]) -> Result<(Duration, OrderStore), Failure> {
    let store = order_store::open(url).await?;
    store.projections.migrate().await?;
    let stream = StreamId { topic: "order-events".to_owned(), partition: Partition(0) };
    let mut from = store.projections.checkpoint(&stream).await?;
    let mut took = Duration::ZERO;
    for orders in batches {
        let next = Offset(from.next.0 + orders.len() as u64);
        let to = Checkpoint { next, source_next: next };
        let moves = vec![CheckpointMove { stream: stream.clone(), from, to }];
        let batch = ProjectionBatch { moves, orders: orders.clone(), ..ProjectionBatch::default() };
        let started = Instant::now();
        store.projections.apply(&batch).await?;
        took += started.elapsed();
        from = to;
    }
    Ok((took, store))
}
