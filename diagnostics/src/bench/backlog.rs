//! How many commands there are, and how many of them are projected.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{EventLog, LogSettings};
use order_domain::Partition;
use order_store::{OrderQueries, StreamId};

/// How often the store is asked. A query of a few rows by primary key costs the measured program
/// next to nothing.
const POLL: Duration = Duration::from_millis(20);
/// The projection may stand still this long before the run is given up.
const STANDSTILL_MAX: Duration = Duration::from_mins(1);

/// A program that has started makes the store's schema within this time.
const SCHEMA_MAX: Duration = Duration::from_secs(20);

/// A log and a store, seen from outside while the programs work on them.
pub struct Backlog {
    log: Arc<dyn EventLog>,
    store: Arc<dyn OrderQueries>,
    partitions: u32,
}

impl Backlog {
    /// Opens both; the log's topics must exist, and the store must get its schema soon.
    pub async fn open(log_url: &str, store_url: &str) -> anyhow::Result<Self> {
        let log = event_log::open(&LogSettings::new(log_url)).await?;
        let store = order_store::open(&read_only(store_url)).await?.queries;
        let partitions = log.partition_count(&ORDERS).await?;
        let backlog = Self { log, store, partitions };
        let began = Instant::now();
        while let Err(error) = backlog.projected().await {
            if began.elapsed() > SCHEMA_MAX {
                return Err(error.context("waiting for the store's schema"));
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(backlog)
    }

    /// How many commands the log holds.
    pub async fn commands(&self) -> anyhow::Result<u64> {
        let mut commands = 0;
        for partition in (0..self.partitions).map(Partition) {
            commands += self.log.ends(&ORDERS, partition).await?.next.0;
        }
        Ok(commands)
    }

    /// How many commands have had their effect in SQL.
    pub async fn projected(&self) -> anyhow::Result<u64> {
        let mut projected = 0;
        for partition in (0..self.partitions).map(Partition) {
            let stream = StreamId { topic: ORDER_EVENTS.as_str().to_owned(), partition };
            projected += self.store.projected(&stream).await?.source_next.0;
        }
        Ok(projected)
    }

    /// Returns when at least `commands` are projected, and says how many are.
    pub async fn wait_projected(&self, commands: u64) -> anyhow::Result<u64> {
        let (mut before, mut moved_at) = (0, Instant::now());
        loop {
            let projected = self.projected().await?;
            if projected >= commands {
                return Ok(projected);
            }
            if projected > before {
                (before, moved_at) = (projected, Instant::now());
            }
            let stuck = moved_at.elapsed();
            ensure!(stuck < STANDSTILL_MAX, "the projection stands at {projected} of {commands}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Returns when every command is projected, and says how many there are.
    pub async fn drained(&self) -> anyhow::Result<u64> {
        let commands = self.commands().await?;
        self.wait_projected(commands).await
    }

    /// Closes the log.
    pub async fn close(self) {
        self.log.close().await;
    }
}

fn read_only(store_url: &str) -> String {
    if store_url.starts_with("sqlite:") {
        format!("{store_url}?mode=ro")
    } else {
        store_url.to_owned()
    }
}
