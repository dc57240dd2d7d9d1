//! The store in a SQL Server database, 2016 or later, or in Azure SQL.
//!
//! `mssql://user:password@host:port/database`, and behind that, like `?encrypt=strict&search=full-text`:
//!
//! | option | values |
//! |---|---|
//! | `encrypt` | `required` (TLS, the default), `strict` (TDS 8.0: TLS before anything else), `login` (only the login), `off` |
//! | `trust` | `system` (the default), `anything` (for tests: no certificate is checked) |
//! | `ca-file` | a PEM or DER file with a further authority |
//! | `token-file` | a file with an access token of Microsoft Entra ID, instead of user and password |
//! | `token-variable` | an environment variable with one |
//! | `search` | `words` (the default: the table of words), `full-text` (SQL Server's index, which follows a little later) |
//!
//! A token is read for every new connection, so that whoever renews it only replaces the file.
//!
//! Readers read in `SNAPSHOT` isolation, and all else in `READ COMMITTED` over row versions: nobody waits
//! for the writer, and an answer of several statements is of one moment.

mod connection;
mod connections;
mod content;
mod errors;
mod home;
mod load;
mod migrate;
mod options;
mod pages;
mod read;
pub(crate) mod rows_as_json;
mod trading;
mod write;

use std::time::Duration;

use async_trait::async_trait;
use order_domain::{OrderId, Partition};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    Checkpoint, OrderFilter, OrderQueries, OrderRow, Page, ParkedSubject, ProjectionBatch,
    ProjectionStore, StoreError, StreamId,
};
use connection::Isolation;
use connections::{Connections, settle};
use options::{Options, Search};

pub use connection::LOCK_TIMEOUT;
pub(crate) use home::MssqlHome;

/// How many connections write at once: batches of different partitions.
pub const WRITE_CONNECTIONS_MAX: u32 = 4;

/// How many connections read at once.
pub const READ_CONNECTIONS_MAX: u32 = 8;

/// How long a call waits for a connection, connecting and logging in included.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a readiness check takes, connecting included.
pub const CHECK_TIMEOUT: Duration = Duration::from_millis(900);

/// How long a batch may take, all in all, before its connection is given up.
pub const APPLY_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a query may take, all in all, before its connection is given up.
pub const READ_TIMEOUT: Duration = Duration::from_secs(8);

/// A store in a SQL Server database.
pub struct MssqlStore {
    writers: Connections,
    readers: Connections,
    options: Options,
}

impl MssqlStore {
    /// The store in the database that `url` (see the [module](self)) names. Nothing is connected before it
    /// is needed.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Self::over(Options::parse(url)?)
    }

    fn over(options: Options) -> Result<Self, StoreError> {
        let pool = |isolation, most| Connections::new(options.clone(), isolation, most);
        Ok(Self {
            writers: pool(Isolation::ReadCommitted, WRITE_CONNECTIONS_MAX)?,
            readers: pool(Isolation::Snapshot, READ_CONNECTIONS_MAX)?,
            options,
        })
    }
}

#[async_trait]
impl ProjectionStore for MssqlStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        migrate::run(&self.options).await
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
        let deadline = Instant::now() + CHECK_TIMEOUT;
        let mut connection = self.writers.acquire(CHECK_TIMEOUT).await?;
        let outcome = timeout_at(deadline, write::check(&mut connection)).await;
        settle(connection, outcome)
    }
}

#[async_trait]
impl OrderQueries for MssqlStore {
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
        let outcome = match self.options.search {
            Search::Words => {
                timeout(READ_TIMEOUT, pages::by_words(&mut connection, text, page)).await
            }
            Search::FullText => {
                timeout(READ_TIMEOUT, pages::by_full_text(&mut connection, text, page)).await
            }
        };
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
        let deadline = Instant::now() + CHECK_TIMEOUT;
        let mut connection = self.readers.acquire(CHECK_TIMEOUT).await?;
        let outcome = timeout_at(deadline, read::check(&mut connection)).await;
        settle(connection, outcome)
    }
}
