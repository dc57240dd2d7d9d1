//! The file of the consumer groups.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::watch;

use super::super::blocking::blocking;
use super::super::connection::{self, Purpose};
use super::super::failure::failure;
use super::super::schema;
use crate::LogError;

/// Its name. No topic's file ends like this.
const FILE: &str = "consumer-groups.db";

/// The groups of a directory.
pub struct Groups {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// Counts what members of this process changed, so that the others look at once.
    changes: watch::Sender<u64>,
}

impl Groups {
    /// Opens the file in `directory`, and makes it where there is none. Blocks.
    pub fn open(directory: &Path) -> Result<Self, LogError> {
        let path = directory.join(FILE);
        let mut connection = connection::open_or_create(&path, Purpose::Lease)?;
        schema::create_groups(&path, &mut connection)?;
        // It is small, and nobody waits for it.
        connection
            .pragma_update(None, "wal_autocheckpoint", 100)
            .map_err(|error| failure(&path, &error))?;
        Ok(Self { path, connection: Mutex::new(connection), changes: watch::Sender::new(0) })
    }

    /// Changes whenever a member of this process changed something.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Runs `work` in a transaction; where `changed` says so of its result, everyone looks.
    pub async fn run<T: Send + 'static>(
        groups: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        changed: impl FnOnce(&T) -> bool + Send + 'static,
    ) -> Result<T, LogError> {
        let groups = Arc::clone(groups);
        blocking(move || {
            let mut connection = groups.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let commit = || {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let result = work(&transaction)?;
                transaction.commit()?;
                Ok(result)
            };
            let result = commit().map_err(|error| failure(&groups.path, &error))?;
            if changed(&result) {
                groups.changes.send_modify(|count| *count += 1);
            }
            Ok(result)
        })
        .await
    }

    /// Whether the file can be written.
    pub async fn probe(groups: &Arc<Self>) -> Result<(), LogError> {
        let write =
            |t: &Connection| t.execute("update probe set checked = checked + 1", []).map(drop);
        Self::run(groups, write, |()| false).await
    }
}
