//! How fast the store is filled, against the bare database doing nothing else.
//!
//! ```text
//! cargo run --release -p order-store --example fill -- sqlite:/tmp/fill.db [orders]
//! cargo run --release -p order-store --example fill -- postgres://user:pw@host/empty_db [orders]
//! cargo run --release -p order-store --example fill -- mysql://user:pw@host/empty_db [orders]
//! ```
//!
//! Both sides write the same rows into the same schema, batch by batch, one transaction each. The
//! bare side neither looks for rows that stand, nor moves checkpoints, nor splits names into words;
//! for Postgres it copies bytes that were encoded beforehand. The database must be empty; it is left
//! full, for the questions that are timed last.

mod bare_mysql;
mod bare_postgres;
mod bare_server;
mod bare_sqlite;
mod orders;
mod questions;

use std::time::{Duration, Instant};

use bare_mysql::BareMysql;
use bare_postgres::BarePostgres;
use bare_server::BareServer;
use bare_sqlite::BareSqlite;
use order_domain::{Offset, Partition};
use order_store::{Checkpoint, CheckpointMove, OrderRow, OrderStore, ProjectionBatch, StreamId};

/// How many orders a batch has.
const BATCH_ORDERS: usize = 1_000;

/// How many orders are written unless the command line says otherwise.
const ORDERS_DEFAULT: usize = 200_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: fill <store url> [orders]")?;
    let count = arguments.next().map_or(Ok(ORDERS_DEFAULT), |text| text.parse())?;
    let batches: Vec<Vec<OrderRow>> =
        orders::generate(count).chunks(BATCH_ORDERS).map(<[OrderRow]>::to_vec).collect();

    let store = order_store::open(&url).await?;
    store.projections.migrate().await?;
    let mut bare = Bare::open(&url).await?;
    let mut projector = Projector::new(&store).await?;
    let (mut bare_took, mut filled_took) = (Duration::ZERO, Duration::ZERO);
    // By turns, so that whatever else the machine does slows both down alike.
    for orders in &batches {
        filled_took += projector.write(orders).await?;
        bare_took += bare.write(orders).await?;
    }
    println!("{count} orders, 2 items each, {BATCH_ORDERS} a transaction");
    let bare_rate = report("bare inserts", count, bare_took);
    let filled_rate = report("apply()", count, filled_took);
    println!("{:<16} {:>10.2}", "ratio", filled_rate / bare_rate);
    questions::time(&store).await
}

/// Prints and returns orders per second.
fn report(what: &str, count: usize, took: Duration) -> f64 {
    let count = u32::try_from(count).map_or(f64::INFINITY, f64::from);
    let rate = count / took.as_secs_f64();
    println!("{what:<16} {rate:>10.0} orders/s");
    rate
}

enum Bare {
    Sqlite(BareSqlite),
    Postgres(BarePostgres),
    Mysql(BareMysql),
}

impl Bare {
    async fn open(url: &str) -> Result<Self, Failure> {
        Ok(match url.strip_prefix("sqlite:") {
            Some(path) => Self::Sqlite(BareSqlite::open(&format!("{path}.bare")).await?),
            None if url.starts_with("mysql:") => Self::Mysql(open(url).await?),
            None => Self::Postgres(open(url).await?),
        })
    }

    async fn write(&mut self, orders: &[OrderRow]) -> Result<Duration, Failure> {
        match self {
            Self::Sqlite(bare) => bare.write(orders).await,
            Self::Postgres(bare) => write(bare, orders).await,
            Self::Mysql(bare) => write(bare, orders).await,
        }
    }
}

async fn open<S: BareServer>(url: &str) -> Result<S, Failure> {
    let mut server = S::connect(url).await?;
    server.create_tables().await?;
    Ok(server)
}

async fn write(server: &mut impl BareServer, orders: &[OrderRow]) -> Result<Duration, Failure> {
    let batch = server.prepare(orders).await?;
    let started = Instant::now();
    server.write(batch).await?;
    Ok(started.elapsed())
}

/// Writes batches as a projector does.
struct Projector<'a> {
    store: &'a OrderStore,
    stream: StreamId,
    from: Checkpoint,
}

impl<'a> Projector<'a> {
    async fn new(store: &'a OrderStore) -> Result<Self, Failure> {
        let stream = StreamId { topic: "order-events".to_owned(), partition: Partition(0) };
        let from = store.projections.checkpoint(&stream).await?;
        Ok(Self { store, stream, from })
    }

    async fn write(&mut self, orders: &[OrderRow]) -> Result<Duration, Failure> {
        let next = Offset(self.from.next.0 + orders.len() as u64);
        let to = Checkpoint { next, source_next: next, last: None };
        let moves = vec![CheckpointMove { stream: self.stream.clone(), from: self.from, to }];
        let orders = orders.to_vec();
        let batch = ProjectionBatch { moves, orders, ..ProjectionBatch::default() };
        let started = Instant::now();
        self.store.projections.apply(&batch).await?;
        self.from = to;
        Ok(started.elapsed())
    }
}
