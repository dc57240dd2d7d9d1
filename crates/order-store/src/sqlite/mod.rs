//! The embedded store: one SQLite file, one connection that writes, a few that read.
//!
//! The file is in WAL mode, so readers and the writer don't wait for one another, and commits with
//! `synchronous=NORMAL`, which does not wait for the disk: a crash of the machine may lose the newest
//! transactions, whole. The log fills them again.

mod content;
mod errors;
mod home;
mod load;
mod migrate;
mod order_key;
mod pages;
#[cfg(test)]
mod plans;
mod read;
mod trading;
mod write;
mod write_back;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use order_domain::{OrderId, Partition};
use sqlx::ConnectOptions;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

use crate::{
    Checkpoint, OrderFilter, OrderQueries, OrderRow, Page, ParkedSubject, ProjectionBatch,
    ProjectionStore, StoreError, StreamId, reading,
};
use errors::classify;
pub(crate) use home::SqliteHome;

/// How many connections read at once. SQLite's readers are bound by the processor, not by waiting.
pub const READ_CONNECTIONS_MAX: u32 = 4;

/// How long a call waits for a free connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long SQLite waits for another process's lock on the file.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a readiness check takes at most.
pub const CHECK_TIMEOUT: Duration = Duration::from_millis(900);

/// The writer's page cache, in KiB. Indexes by customer are written all over the place: what does
/// not fit here is read again from the file.
const WRITE_CACHE_KIB: u32 = 64 * 1_024;

/// A reader's page cache, in KiB.
const READ_CACHE_KIB: u32 = 8 * 1_024;

/// At how many pages in the write-ahead log, 64 MiB, the writer itself moves them into the file. Under
/// less load they are moved [beside it](write_back).
const CHECKPOINT_PAGES: u32 = 16_384;

/// A store in one SQLite file.
pub struct SqliteStore {
    file: PathBuf,
    writer: SqlitePool,
    gathering: write::Gathering,
    readers: SqlitePool,
    /// For a view, which has a connection of its own.
    viewing: SqliteConnectOptions,
    /// For the end of a load, too.
    loading: SqliteConnectOptions,
}

impl SqliteStore {
    /// The store in the file that `url` (`sqlite:<path>`, with `?mode=ro` read-only) names.
    ///
    /// Makes the folders above the file. The file is made when something is first written, which
    /// [`migrate`](ProjectionStore::migrate) does.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let file = StoreFile::of(url)?;
        file.make_folder().await?;
        Ok(Self::over(file.options, file.read_only))
    }

    fn over(options: SqliteConnectOptions, read_only: bool) -> Self {
        let loading = writing(options.clone(), read_only);
        let writer = pool(1).connect_lazy_with(loading.clone());
        Self {
            file: options.get_filename().to_owned(),
            gathering: write::Gathering::new(writer.clone(), loading.clone()),
            writer,
            readers: pool(READ_CONNECTIONS_MAX).connect_lazy_with(reading(options.clone())),
            viewing: reading(options),
            loading,
        }
    }
}

/// What a URL says of a file.
struct StoreFile {
    options: SqliteConnectOptions,
    read_only: bool,
}

impl StoreFile {
    fn of(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url).map_err(classify)?;
        let path = options.get_filename();
        if path.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
            return Err(StoreError::Configuration("the SQLite store needs a file".to_owned()));
        }
        if path.is_dir() {
            let text = format!("the SQLite store needs a file, and {} is a folder", path.display());
            return Err(StoreError::Configuration(text));
        }
        let read_only = url.split_once('?').is_some_and(|(_, options)| options.contains("mode=ro"));
        Ok(Self { options, read_only })
    }

    /// Makes the folders above it, if it may be written.
    async fn make_folder(&self) -> Result<(), StoreError> {
        let folder = self.options.get_filename().parent().filter(|_| !self.read_only);
        let Some(folder) = folder else { return Ok(()) };
        tokio::fs::create_dir_all(folder).await.map_err(|error| {
            let text = format!("cannot make the folder {}: {error}", folder.display());
            StoreError::Configuration(text)
        })
    }
}

/// Where nothing was ever written, there is no file.
fn check_is_there(file: &Path) -> Result<(), StoreError> {
    if file.exists() {
        return Ok(());
    }
    Err(StoreError::Configuration(format!("there is no store in {} yet", file.display())))
}

fn pool(connections_max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A connection to a file does not go away.
        .test_before_acquire(false)
}

fn writing(options: SqliteConnectOptions, read_only: bool) -> SqliteConnectOptions {
    let options = common(options);
    if read_only {
        return options.read_only(true);
    }
    options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("cache_size", format!("-{WRITE_CACHE_KIB}"))
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
}

fn reading(options: SqliteConnectOptions) -> SqliteConnectOptions {
    common(options)
        .read_only(true)
        .pragma("query_only", "on")
        .pragma("cache_size", format!("-{READ_CACHE_KIB}"))
}

fn common(options: SqliteConnectOptions) -> SqliteConnectOptions {
    // Whoever calls logs the failure, once.
    options.busy_timeout(BUSY_TIMEOUT).disable_statement_logging()
}

async fn reader(readers: &SqlitePool) -> Result<PoolConnection<Sqlite>, StoreError> {
    readers.acquire().await.map_err(classify)
}

async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(limit, call)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable("busy: no answer in time".to_owned())))
}

#[async_trait]
impl ProjectionStore for SqliteStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        migrate::run(&self.writer).await
    }

    async fn set_partitions(&self, topic: &str, partitions: u32) -> Result<(), StoreError> {
        write::set_partitions(&self.writer, topic, partitions).await
    }

    async fn checkpoint(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        self.projected(stream).await
    }

    async fn parked(&self, partition: Partition) -> Result<Vec<ParkedSubject>, StoreError> {
        reading::parked(&mut *reader(&self.readers).await?, partition).await
    }

    async fn apply(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        self.gathering.apply(batch).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        // Connecting would make an empty file, without a schema.
        if !self.file.exists() {
            let file = self.file.display();
            return Err(StoreError::Unavailable(format!("there is no file {file} yet")));
        }
        within(CHECK_TIMEOUT, write::check(&self.writer)).await
    }
}

#[async_trait]
impl OrderQueries for SqliteStore {
    async fn order(&self, order_id: OrderId) -> Result<Option<OrderRow>, StoreError> {
        read::order(&self.readers, order_id).await
    }

    async fn orders(&self, filter: OrderFilter, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        pages::filtered(&self.readers, filter, page).await
    }

    async fn search_customers(&self, text: &str, page: Page) -> Result<Vec<OrderRow>, StoreError> {
        pages::searched(&self.readers, text, page).await
    }

    async fn projected(&self, stream: &StreamId) -> Result<Checkpoint, StoreError> {
        reading::checkpoint(&mut *reader(&self.readers).await?, stream).await
    }

    async fn partitions(&self, topic: &str) -> Result<Option<u32>, StoreError> {
        reading::partitions(&mut *reader(&self.readers).await?, topic).await
    }

    async fn check_readable(&self) -> Result<(), StoreError> {
        within(CHECK_TIMEOUT, read::check(&self.readers)).await
    }
}
