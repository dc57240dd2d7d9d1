//! The store in a database of MySQL, version 8 or later, or MariaDB, version 10.11 or later.
//!
//! What batches write is on the disk when they are committed, unless the server says otherwise
//! (`innodb_flush_log_at_trx_commit`).

mod content;
mod errors;
mod home;
mod load;
mod migrate;
mod pages;
#[cfg(test)]
mod plans;
mod read;
mod search;
mod session;
mod trading;
mod write;

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use order_domain::{OrderId, Partition};
use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlPoolOptions};
use sqlx::{ConnectOptions, Error};
use tokio::time::timeout;

use crate::connections::{Connections, Server, settle};
use crate::{
    Checkpoint, OrderFilter, OrderQueries, OrderRow, Page, ParkedSubject, ProjectionBatch,
    ProjectionStore, StoreError, StreamId,
};
use errors::classify;
pub(crate) use home::MysqlHome;
use session::Role;

/// How many connections write at once: batches of different partitions.
pub const WRITE_CONNECTIONS_MAX: u32 = 4;

/// How many connections read at once.
pub const READ_CONNECTIONS_MAX: u32 = 8;

/// How long a call waits for a connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a readiness check waits for a connection, and as long again for its answer; the probe
/// for the cause of a failure still fits into the second.
pub const CHECK_TIMEOUT: Duration = Duration::from_millis(300);

/// How long one statement of a batch may wait for locks; on MariaDB, how long it may take.
pub const WRITE_STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long one statement of a query may take before the server ends it.
pub const READ_STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a batch may take, all in all, before its connection is given up; and how long the server
/// waits for one that has fallen silent.
pub const APPLY_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a query may take, all in all, before its connection is given up.
pub const READ_TIMEOUT: Duration = Duration::from_secs(8);

/// A store in a database of MySQL or MariaDB.
pub struct MysqlStore {
    writers: Connections<MySql>,
    readers: Connections<MySql>,
    /// For what may take long and has a connection of its own: migrations and views.
    unhurried: MySqlConnectOptions,
}

impl Server for MySql {
    fn classify(error: Error) -> StoreError {
        classify(error)
    }

    fn address(options: &MySqlConnectOptions) -> String {
        format!("{}:{}", options.get_host(), options.get_port())
    }
}

impl MysqlStore {
    /// The store in the database that `url` (`mysql://user:password@host:port/database`) names.
    /// Nothing is connected before it is needed.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        options_of(url).map(|(options, _)| Self::over(options))
    }

    fn over(options: MySqlConnectOptions) -> Self {
        Self {
            writers: Connections::new(pool(Role::Writer, WRITE_CONNECTIONS_MAX), options.clone()),
            readers: Connections::new(pool(Role::Reader, READ_CONNECTIONS_MAX), options.clone()),
            unhurried: options,
        }
    }
}

/// How to connect, and to which database.
fn options_of(url: &str) -> Result<(MySqlConnectOptions, String), StoreError> {
    let options = MySqlConnectOptions::from_str(url).map_err(classify)?;
    let Some(database) = options.get_database().map(str::to_owned) else {
        let cause = "the store's URL names no database: mysql://user:password@host/database";
        return Err(StoreError::Configuration(cause.to_owned()));
    };
    // Texts are compared byte by byte, and whoever calls logs the failure, once.
    let options = options
        .charset("utf8mb4")
        .collation("utf8mb4_bin")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .disable_statement_logging();
    Ok((options, database))
}

fn pool(role: Role, connections_max: u32) -> MySqlPoolOptions {
    let statement_timeout = match role {
        Role::Reader => READ_STATEMENT_TIMEOUT,
        Role::Writer => WRITE_STATEMENT_TIMEOUT,
    };
    session::pool(role, connections_max, statement_timeout, APPLY_TIMEOUT)
}

#[async_trait]
impl ProjectionStore for MysqlStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        migrate::run(&self.unhurried).await
    }

    async fn set_partitions(&self, topic: &str, partitions: u32) -> Result<(), StoreError> {
        let mut connection = self.writers.acquire(ACQUIRE_TIMEOUT).await?;
        let writing = write::set_partitions(&mut connection, topic, partitions);
        let outcome = timeout(APPLY_TIMEOUT, writing).await;
        settle(connection, outcome)
    }

    async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        self.projected(stream).await
    }

    async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError> {
        let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(READ_TIMEOUT, read::parked(&mut connection, partition)).await;
        settle(connection, outcome)
    }

    /// A connection that breaks during the commit leaves open whether the batch was written; then
    /// this is an [`Unavailable`](StoreError::Unavailable), and the next try either writes it or
    /// finds the checkpoint moved.
    async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        let mut connection = self.writers.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(APPLY_TIMEOUT, write::apply(&mut connection, batch)).await;
        settle(connection, outcome)
    }

    async fn check(&self) -> Result<(), StoreError> {
        let mut connection = self.writers.acquire(CHECK_TIMEOUT).await?;
        let outcome = timeout(CHECK_TIMEOUT, write::check(&mut connection)).await;
        settle(connection, outcome)
    }
}

#[async_trait]
impl OrderQueries for MysqlStore {
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderRow>, StoreError> {
        let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(READ_TIMEOUT, read::order(&mut connection, order_id)).await;
        settle(connection, outcome)
    }

    async fn orders(&self, filter: OrderFilter, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(READ_TIMEOUT, pages::filtered(&mut connection, filter, page)).await;
        settle(connection, outcome)
    }

    async fn search_customers(&self, text: &str, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(READ_TIMEOUT, search::searched(&mut connection, text, page)).await;
        settle(connection, outcome)
    }

    async fn projected(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(READ_TIMEOUT, read::checkpoint(&mut connection, stream)).await;
        settle(connection, outcome)
    }

    async fn partitions(&self, topic: &str) -> Result<Option<u32>, StoreError> {
        let mut connection = self.readers.acquire(ACQUIRE_TIMEOUT).await?;
        let outcome = timeout(READ_TIMEOUT, read::partitions(&mut connection, topic)).await;
        settle(connection, outcome)
    }

    async fn check_readable(&self) -> Result<(), StoreError> {
        let mut connection = self.readers.acquire(CHECK_TIMEOUT).await?;
        let outcome = timeout(CHECK_TIMEOUT, read::check(&mut connection)).await;
        settle(connection, outcome)
    }
}
