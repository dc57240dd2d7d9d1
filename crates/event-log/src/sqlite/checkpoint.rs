//! Writing the write-ahead log back into the file, without holding up appends.
//!
//! A thread copies the bulk while the writer goes on; then the writer copies the little that came
//! in meanwhile, after which SQLite begins the write-ahead log anew. Without the second step it
//! would grow for as long as there is load.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use rusqlite::Connection;

use super::connection::{self, Purpose};
use super::failure::failure;
use super::transaction::Transactions;
use crate::LogError;

/// After how many bytes of records the write-ahead log is written back.
const CHECKPOINT_BYTES: u64 = 16 * 1024 * 1024;

/// A topic's checkpoints, as its writer sees them.
pub struct Checkpoints {
    path: PathBuf,
    written: u64,
    /// The thread that copies the bulk, once there was need for it.
    bulk: Option<SyncSender<()>>,
    bulk_done: Arc<AtomicBool>,
}

impl Checkpoints {
    /// Nothing is written yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, written: 0, bulk: None, bulk_done: Arc::default() }
    }

    /// Counts what was written, and has it written back when it is enough.
    pub fn wrote(&mut self, bytes: u64) {
        self.written += bytes;
        if self.written < CHECKPOINT_BYTES {
            return;
        }
        self.written = 0;
        let bulk = self.bulk.get_or_insert_with(|| start(&self.path, &self.bulk_done));
        // Full: one is under way and another is due, which is enough.
        let _ = bulk.try_send(());
    }

    /// Writes back what came in during the last bulk, if there was one.
    pub fn finish(&self, transactions: &Transactions) {
        if !self.bulk_done.swap(false, Ordering::AcqRel) {
            return;
        }
        if let Some(connection) = transactions.connection() {
            report(write_back(&self.path, connection));
        }
    }
}

fn start(path: &Path, done: &Arc<AtomicBool>) -> SyncSender<()> {
    let (due, requests) = sync_channel(1);
    let (path, done) = (path.to_owned(), Arc::clone(done));
    let run = move || {
        let mut connection = None;
        while requests.recv().is_ok() {
            report(write_back_with(&path, &mut connection));
            done.store(true, Ordering::Release);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("log-checkpoint".into()).spawn(run) {
        tracing::warn!(%error, "no thread to write the log back");
    }
    due
}

fn write_back_with(path: &Path, connection: &mut Option<Connection>) -> Result<(), LogError> {
    let open = match connection.take() {
        Some(open) => open,
        None => connection::open(path, Purpose::Write)?,
    };
    write_back(path, &open)?;
    *connection = Some(open);
    Ok(())
}

/// `passive`: waits for nobody, and leaves what readers still need.
fn write_back(path: &Path, connection: &Connection) -> Result<(), LogError> {
    connection
        .query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))
        .map_err(|error| failure(path, &error))
}

/// A checkpoint that fails loses nothing: the records are in the write-ahead log.
fn report(result: Result<(), LogError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the log could not be written back; it is tried again");
    }
}
