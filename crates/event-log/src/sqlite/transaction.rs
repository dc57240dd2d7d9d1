//! The writer's transactions, each whole or not at all.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use order_domain::{Offset, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::batch::{BatchBuilder, BatchHead, Share};
use super::batches;
use super::connection::{Purpose, data_version};
use super::failure::failure;
use super::queue::{Append, Run};
use super::retention::{self, Step};
use super::topic_file::Shared;
use crate::{LogError, Retention};

/// A topic's one connection that writes, and what it knows of the partitions.
pub struct Transactions {
    topic: Arc<Shared>,
    /// Opened when it is first needed, and anew after a failure.
    open: Option<Open>,
    builder: BatchBuilder,
    #[cfg(test)]
    pub(super) page_count_max: Option<u32>,
}

struct Open {
    connection: Connection,
    /// The newest batch of the file, at this version of it.
    newest: Option<(i64, BatchHead)>,
}

/// Why a transaction was rolled back; every caller in it is told the same.
#[derive(Debug)]
pub enum Failed {
    /// The file could not be opened.
    Open(LogError),
    /// It was written to a file that can't be found any more.
    Gone(LogError),
    /// SQLite refused.
    Sql(Arc<Shared>, rusqlite::Error),
}

impl Transactions {
    /// The transactions of a topic. Opens nothing yet.
    pub fn new(topic: Arc<Shared>) -> Self {
        Self {
            topic,
            open: None,
            builder: BatchBuilder::default(),
            #[cfg(test)]
            page_count_max: None,
        }
    }

    /// Writes all appends in one transaction, and answers where each went.
    pub fn append(&mut self, batch: &[Append]) -> Result<Vec<Run>, Failed> {
        let mut builder = std::mem::take(&mut self.builder);
        let result = self.run(|transaction, newest| {
            builder.begin(newest.shares.len());
            let timestamp = Timestamp(now().0.max(newest.timestamp.0));
            let runs = batch
                .iter()
                .map(|append| Run { first: add(&mut builder, &newest.shares, append), timestamp })
                .collect();
            builder.pack();
            newest.follow(&builder, timestamp);
            batches::insert(transaction, newest, builder.records())?;
            Ok(runs)
        });
        self.builder = builder;
        result
    }

    /// Removes some of the records that are no longer to be kept.
    pub fn retain(&mut self, retention: Retention) -> Result<Step, Failed> {
        let (step, oldest) = self.run(|transaction, newest| {
            let step = retention::step(transaction, newest, retention, now())?;
            Ok((step, batches::oldest(transaction)?))
        })?;
        for (tail, share) in self.topic.tails.iter().zip(&oldest.shares) {
            tail.forget_before(Offset(share.first()));
        }
        Ok(step)
    }

    /// Writes something that matters to nobody.
    pub fn probe(&mut self) -> Result<(), LogError> {
        let write = |transaction: &Transaction<'_>, _: &mut BatchHead| {
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
        work: impl FnOnce(&Transaction<'_>, &mut BatchHead) -> rusqlite::Result<T>,
    ) -> Result<T, Failed> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.connect()?,
        };
        // On an error the connection is closed, which rolls back, and the next call opens another.
        let result = open.run(work).map_err(|e| Failed::Sql(Arc::clone(&self.topic), e))?;
        // Two look-ups, beside which a sync of the disk takes long.
        self.topic.check_in_place().map_err(Failed::Gone)?;
        self.open = Some(open);
        Ok(result)
    }

    fn connect(&self) -> Result<Open, Failed> {
        let connection = self.topic.connect(Purpose::Write).map_err(Failed::Open)?;
        #[cfg(test)]
        if let Some(max) = self.page_count_max {
            let set = format!("pragma max_page_count = {max}");
            connection
                .query_row(&set, [], |_| Ok(()))
                .map_err(|e| Failed::Sql(Arc::clone(&self.topic), e))?;
        }
        Ok(Open { connection, newest: None })
    }
}

impl Open {
    fn run<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut BatchHead) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = data_version(&transaction)?;
        let mut newest = match self.newest.take() {
            Some((seen, newest)) if seen == version => newest,
            _ => batches::newest(&transaction)?,
        };
        let result = work(&transaction, &mut newest)?;
        transaction.commit()?;
        self.newest = Some((version, newest));
        Ok(result)
    }
}

impl Failed {
    /// What the callers are told.
    pub fn to_error(&self) -> LogError {
        match self {
            Self::Sql(topic, error) => failure(&topic.path, error),
            Self::Open(error) | Self::Gone(error) => match error {
                LogError::Corrupt(why) => LogError::Corrupt(why.clone()),
                LogError::Configuration(why) => LogError::Configuration(why.clone()),
                LogError::Unavailable(why) => LogError::Unavailable(why.clone()),
                other => LogError::Unavailable(other.to_string()),
            },
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

/// Adds an append's records to a batch that follows one with the shares `before`, and answers the
/// offset of the first.
fn add(builder: &mut BatchBuilder, before: &[Share], append: &Append) -> Offset {
    let first = builder.count(append.partition);
    for record in &append.records {
        builder.push(append.partition, record);
    }
    Offset(before[append.partition].next + first)
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;

    use order_domain::Partition;

    use super::super::queue::{Queue, Request};
    use super::super::topic_file::TopicFile;
    use super::super::{connection, create_topic};
    use super::*;
    use crate::{BatchLimit, NewRecord, Topic, TopicSpec};

    const ALL: BatchLimit = BatchLimit { records: usize::MAX, bytes: usize::MAX };

    /// An append as it comes out of the queue.
    async fn queued(queue: &Arc<Queue>, requests: &Receiver<Request>, n: u64) -> Append {
        let queue = Arc::clone(queue);
        let payload = format!("{n} {}", "x".repeat(20_000)).into();
        let records = vec![NewRecord { payload, ..NewRecord::default() }];
        let patience = std::time::Duration::from_mins(1);
        tokio::spawn(async move { queue.append("".as_ref(), 0, records, patience).await });
        loop {
            if let Ok(Request::Append(append)) = requests.try_recv() {
                return append;
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_forgotten_once_there_is_room() {
        let directory = tempfile::tempdir().expect("a folder");
        let topic = Topic::new("full").expect("a name");
        let spec =
            TopicSpec { topic: topic.clone(), partitions: 1, retention: Retention::default() };
        create_topic(directory.path(), &spec).expect("the topic is made");
        let file = TopicFile::open(directory.path(), &topic).expect("it opens");
        let mut transactions = Transactions::new(Arc::clone(file.shared()));
        transactions.page_count_max = Some(40);
        let (queue, requests) = Queue::new();
        let queue = Arc::new(queue);

        let mut written = 0;
        let error = loop {
            // Two at once: the second is what does not fit, and neither may stay.
            let batch = [
                queued(&queue, &requests, written).await,
                queued(&queue, &requests, written + 1).await,
            ];
            match transactions.append(&batch) {
                Ok(runs) => {
                    assert_eq!(runs[0].first, Offset(written));
                    written += 2;
                }
                Err(failed) => break failed.to_error(),
            }
        };
        assert!(written > 0);
        let LogError::Unavailable(why) = &error else { panic!("{error:?}") };
        assert!(why.contains("no room left") && why.contains("full.sqlite"), "{why}");
        assert!(transactions.open.is_none(), "a connection that failed is closed");
        transactions.page_count_max = None;
        let connection = connection::open(&file.shared().path, Purpose::Read).expect("it opens");
        let before = batches::newest(&connection).expect("a batch").shares[0].next;
        assert_eq!(before, written, "what failed left nothing");
        let runs = transactions.append(&[queued(&queue, &requests, before).await]);
        assert_eq!(runs.expect("there is room again")[0].first, Offset(before));
        let found = batches::read(&connection, Partition(0), Offset(0), ALL).expect("a read");
        let batches::Found::Records(found) = found else { panic!("nothing") };
        assert_eq!(found.len() as u64, before + 1);
        for (n, record) in found.iter().enumerate() {
            assert!(record.payload.starts_with(format!("{n} x").as_bytes()), "no gap, no leftover");
        }
    }
}
