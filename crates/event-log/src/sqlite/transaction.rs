//! The writer's transactions, each whole or not at all.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use order_domain::{Offset, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::connection::{self, Purpose, data_version};
use super::failure::failure;
use super::partition_state::{self, PartitionState};
use super::queue::{Append, Run};
use super::records::Inserter;
use super::retention::{self, Step};
use super::topic_file::Shared;
use crate::{LogError, Retention};

/// A topic's one connection that writes, and what it knows of the partitions.
pub struct Transactions {
    topic: Arc<Shared>,
    /// Opened when it is first needed, and anew after a failure.
    open: Option<Open>,
    #[cfg(test)]
    pub(super) page_count_max: Option<u32>,
}

struct Open {
    connection: Connection,
    /// What the file had at `version`.
    partitions: Vec<PartitionState>,
    version: i64,
}

/// Why a transaction was rolled back; every caller in it is told the same.
#[derive(Debug)]
pub enum Failed {
    /// The file could not be opened.
    Open(LogError),
    /// SQLite refused.
    Sql(Arc<Shared>, rusqlite::Error),
}

impl Transactions {
    /// The transactions of a topic. Opens nothing yet.
    pub const fn new(topic: Arc<Shared>) -> Self {
        Self {
            topic,
            open: None,
            #[cfg(test)]
            page_count_max: None,
        }
    }

    /// Writes all appends in one transaction, and answers where each went.
    pub fn append(&mut self, batch: &[Append]) -> Result<Vec<Run>, Failed> {
        self.run(|transaction, partitions| {
            let now = now();
            let mut inserter = Inserter::new(transaction)?;
            batch.iter().map(|append| insert(&mut inserter, partitions, append, now)).collect()
        })
    }

    /// Removes some of the records that are no longer to be kept.
    pub fn retain(&mut self, retention: Retention) -> Result<Step, Failed> {
        let step = self.run(|transaction, partitions| {
            retention::step(transaction, partitions, retention, now())
        })?;
        if let Some(open) = &self.open {
            for (tail, partition) in self.topic.tails.iter().zip(&open.partitions) {
                tail.forget_before(partition.ends().first);
            }
        }
        Ok(step)
    }

    /// Writes something that matters to nobody.
    pub fn probe(&mut self) -> Result<(), LogError> {
        let write = |transaction: &Transaction<'_>, _: &mut [PartitionState]| {
            transaction.execute("update probe set checked = ?", [now().0]).map(drop)
        };
        self.run(write).map_err(|failed| failed.to_error())
    }

    /// The connection, where there is one.
    pub fn connection(&self) -> Option<&Connection> {
        self.open.as_ref().map(|open| &open.connection)
    }

    /// Runs `work` in a transaction on what the file has now, whoever wrote it.
    fn run<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut [PartitionState]) -> rusqlite::Result<T>,
    ) -> Result<T, Failed> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.connect()?,
        };
        // On an error the connection is closed, which rolls back, and the next call opens another.
        let result = open.run(work).map_err(|e| Failed::Sql(Arc::clone(&self.topic), e))?;
        self.open = Some(open);
        Ok(result)
    }

    fn connect(&self) -> Result<Open, Failed> {
        let connection =
            connection::open(&self.topic.path, Purpose::Write).map_err(Failed::Open)?;
        #[cfg(test)]
        if let Some(max) = self.page_count_max {
            let set = format!("pragma max_page_count = {max}");
            connection
                .query_row(&set, [], |_| Ok(()))
                .map_err(|e| Failed::Sql(Arc::clone(&self.topic), e))?;
        }
        Ok(Open { connection, partitions: Vec::new(), version: i64::MIN })
    }
}

impl Open {
    fn run<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut [PartitionState]) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = data_version(&transaction)?;
        let before = if version == self.version {
            std::mem::take(&mut self.partitions)
        } else {
            partition_state::load_all(&transaction)?
        };
        let mut partitions = before.clone();
        let result = work(&transaction, &mut partitions)?;
        for (index, (now, before)) in partitions.iter().zip(&before).enumerate() {
            if now != before {
                now.store(&transaction, index)?;
            }
        }
        transaction.commit()?;
        (self.partitions, self.version) = (partitions, version);
        Ok(result)
    }
}

impl Failed {
    /// What the callers are told.
    pub fn to_error(&self) -> LogError {
        match self {
            Self::Sql(topic, error) => failure(&topic.path, error),
            Self::Open(LogError::Corrupt(why)) => LogError::Corrupt(why.clone()),
            Self::Open(LogError::Configuration(why)) => LogError::Configuration(why.clone()),
            Self::Open(LogError::Unavailable(why)) => LogError::Unavailable(why.clone()),
            Self::Open(other) => LogError::Unavailable(other.to_string()),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_error().fmt(f)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.path).finish()
    }
}

fn insert(
    inserter: &mut Inserter<'_>,
    partitions: &mut [PartitionState],
    append: &Append,
    now: Timestamp,
) -> rusqlite::Result<Run> {
    let partition = &mut partitions[append.partition];
    let run = Run { first: Offset(partition.next), timestamp: partition.timestamp_at(now) };
    for record in &append.records {
        inserter.insert(append.partition, partition.next, run.timestamp, record)?;
        partition.next += 1;
        partition.payload_bytes += record.payload.len() as u64;
    }
    partition.last_timestamp = run.timestamp.0;
    Ok(run)
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
