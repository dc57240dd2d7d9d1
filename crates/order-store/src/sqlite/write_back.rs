//! Writing the write-ahead log back into the file, without holding up the projection.
//!
//! A task copies the bulk over a connection of its own while the writer goes on; then the writer copies
//! the little that came in meanwhile, after which SQLite begins the write-ahead log anew. Without the
//! second step it would grow for as long as there is load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, query};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::errors::classify;
use crate::StoreError;

/// How long the write-ahead log gathers pages before they are moved into the file. A page that is
/// changed again meanwhile is moved once.
const GATHERING_TIME: Duration = Duration::from_secs(1);

/// How often the bulk is copied before the writer copies the rest: the second time takes what came in
/// during the first, so that little is left.
const BULKS: usize = 2;

/// What is to be written back, as the writer sees it.
pub struct WriteBack {
    options: SqliteConnectOptions,
    shared: Arc<Shared>,
    task: OnceLock<Task>,
}

#[derive(Default)]
struct Shared {
    written: Notify,
    bulk_done: AtomicBool,
}

/// Ends with the store.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl WriteBack {
    /// Nothing is written yet. `options` are those of a connection that may write.
    pub fn new(options: SqliteConnectOptions) -> Self {
        Self { options, shared: Arc::default(), task: OnceLock::new() }
    }

    /// After a transaction: has it written back after a while.
    pub fn wrote(&self) {
        self.task.get_or_init(|| {
            Task(tokio::spawn(copy_bulks(self.shared.clone(), self.options.clone())))
        });
        self.shared.written.notify_one();
    }

    /// Copies what came in during the last bulk, if there was one. Only the writer may call this, and
    /// between two transactions.
    pub async fn finish(&self, writer: &mut SqliteConnection) {
        if self.shared.bulk_done.swap(false, Ordering::AcqRel) {
            report(copy(writer).await);
        }
    }
}

async fn copy_bulks(shared: Arc<Shared>, options: SqliteConnectOptions) {
    let mut connection = None;
    loop {
        shared.written.notified().await;
        tokio::time::sleep(GATHERING_TIME).await;
        for _ in 0..BULKS {
            report(copy_over(&mut connection, &options).await);
        }
        shared.bulk_done.store(true, Ordering::Release);
    }
}

async fn copy_over(
    connection: &mut Option<SqliteConnection>,
    options: &SqliteConnectOptions,
) -> Result<(), StoreError> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => options.connect().await.map_err(classify)?,
    };
    copy(&mut open).await?;
    *connection = Some(open);
    Ok(())
}

/// `passive`: waits for nobody, and leaves what readers still need.
async fn copy(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let copied = query("pragma wal_checkpoint(passive)").execute(connection).await;
    copied.map(drop).map_err(classify)
}

/// One that fails loses nothing: the rows are in the write-ahead log.
fn report(copied: Result<(), StoreError>) {
    if let Err(error) = copied {
        tracing::warn!(%error, "the store could not be written back into its file; it is tried again");
    }
}
