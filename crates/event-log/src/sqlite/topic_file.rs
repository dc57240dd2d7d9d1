//! One topic: its file, its writer and its readers' connections.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use order_domain::{Offset, Partition};
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use super::batches::Found;
use super::blocking::blocking;
use super::connection::{self, Purpose};
use super::failure::failure;
use super::identity::OpenFiles;
use super::queue::{Queue, Run};
use super::tail::Tail;
use super::{batches, schema, writer};
use crate::{BatchLimit, Ends, LogError, NewRecord, Record, Retention, Topic};

/// How many reads of one topic run at once; others wait for a connection.
const READ_CONNECTIONS_MAX: usize = 4;

/// What a topic's callers, its writer and its watcher share.
pub struct Shared {
    /// The topic's file.
    pub path: PathBuf,
    /// The topic's file and its write-ahead log as they were found.
    files: OpenFiles,
    /// How long records stay.
    pub retention: Retention,
    /// The end of every partition.
    pub tails: Vec<Tail>,
    /// Readers that wait for more.
    pub waiting: AtomicUsize,
}

impl Shared {
    /// Opens the topic's file once more.
    pub fn connect(&self, purpose: Purpose) -> Result<Connection, LogError> {
        self.check_in_place()?;
        let connection = connection::open(&self.path, purpose)?;
        // Another file may have come in its place in between.
        self.check_in_place()?;
        Ok(connection)
    }

    /// Makes sure that the files which the topic is written to can still be found.
    pub fn check_in_place(&self) -> Result<(), LogError> {
        self.files.check()
    }
}

/// A topic that is open.
pub struct TopicFile {
    shared: Arc<Shared>,
    reading: Semaphore,
    idle: Mutex<Vec<Connection>>,
    writing: Mutex<Writing>,
}

/// The topic's writer, which starts when it is first needed.
enum Writing {
    NotYet,
    Running { queue: Arc<Queue>, ended: oneshot::Receiver<()> },
    Closed,
}

/// What a read of the file found.
pub enum Page {
    /// Records, at least one.
    Records(Vec<Record>),
    /// The wanted offset is the one that the next record gets.
    End,
}

impl TopicFile {
    /// Opens the topic's file in `directory`. Blocks.
    pub fn open(directory: &Path, topic: &Topic) -> Result<Self, LogError> {
        let path = path(directory, topic)?;
        let missing = || LogError::NoSuchTopic(topic.to_string());
        if !path.exists() {
            return Err(missing());
        }
        let connection = connection::open(&path, Purpose::Read)?;
        let row = schema::read_topic(&path, &connection)?.ok_or_else(missing)?;
        if row.name != topic.as_str() {
            return Err(LogError::Configuration(format!(
                "{} holds the topic {}, and the file system doesn't tell it from {topic}",
                path.display(),
                row.name
            )));
        }
        let newest = batches::newest(&connection).map_err(|e| failure(&path, &e))?;
        if newest.shares.len() != row.partitions as usize {
            let (found, path) = (newest.shares.len(), path.display());
            let expected = row.partitions;
            return Err(LogError::Corrupt(format!("{path} has {found} of {expected} partitions")));
        }
        let tails = newest.shares.iter().map(|share| Tail::new(Offset(share.next))).collect();
        let file = Self {
            shared: Arc::new(Shared {
                files: OpenFiles::of(&path, connection)?,
                path,
                retention: row.retention,
                tails,
                waiting: AtomicUsize::new(0),
            }),
            reading: Semaphore::new(READ_CONNECTIONS_MAX),
            idle: Mutex::default(),
            writing: Mutex::new(Writing::NotYet),
        };
        if file.shared.retention != Retention::default() {
            // Records grow old even where nobody writes.
            file.queue()?;
        }
        Ok(file)
    }

    /// What is shared with the watcher.
    pub const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> u32 {
        u32::try_from(self.shared.tails.len()).unwrap_or(u32::MAX)
    }

    /// The end of a partition.
    pub fn tail(&self, partition: Partition) -> Result<&Tail, LogError> {
        self.shared.tails.get(partition.0 as usize).ok_or_else(|| {
            let (path, count) = (self.shared.path.display(), self.shared.tails.len());
            LogError::Configuration(format!(
                "there is no partition {partition} in {path}, which has {count}"
            ))
        })
    }

    /// Has records written to one partition.
    pub async fn append(
        &self,
        partition: Partition,
        records: Vec<NewRecord>,
        patience: Duration,
    ) -> Result<Run, LogError> {
        self.tail(partition)?;
        let queue = self.queue()?;
        queue.append(&self.shared.path, partition.0 as usize, records, patience).await
    }

    /// Whether the writer, where there is one, can write.
    pub async fn probe(&self) -> Result<(), LogError> {
        let queue = match &*self.writing() {
            Writing::NotYet => return Ok(()),
            Writing::Running { queue, .. } => Arc::clone(queue),
            Writing::Closed => return Err(LogError::Closed),
        };
        queue.probe().await
    }

    /// Ends the writer once it has written what it was given.
    pub async fn close(&self) {
        let writing = std::mem::replace(&mut *self.writing(), Writing::Closed);
        if let Writing::Running { queue, ended } = writing {
            queue.close();
            // An error says that it has ended already.
            let _ = ended.await;
        }
    }

    /// Where a partition begins and ends, as the file has it.
    pub async fn ends(self: &Arc<Self>, partition: Partition) -> Result<Ends, LogError> {
        self.tail(partition)?;
        self.with_connection(move |connection| batches::ends(connection, partition)).await
    }

    /// Reads a page of a partition from the file.
    pub async fn read(
        self: &Arc<Self>,
        partition: Partition,
        from: Offset,
        limit: BatchLimit,
    ) -> Result<Page, LogError> {
        let read = move |connection: &Connection| batches::read(connection, partition, from, limit);
        match self.with_connection(read).await? {
            Found::Records(records) => Ok(Page::Records(records)),
            Found::Nothing(ends) if from == ends.next => Ok(Page::End),
            Found::Nothing(Ends { first, next }) => {
                Err(LogError::OutOfRange { wanted: from, first, next })
            }
        }
    }

    /// Runs `work` with a connection of the pool, off the async threads.
    async fn with_connection<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LogError> {
        let _permit = self.reading.acquire().await.map_err(|_| LogError::Closed)?;
        let file = Arc::clone(self);
        blocking(move || {
            let pooled = file.idle().pop();
            let connection = match pooled {
                Some(connection) => connection,
                None => file.shared.connect(Purpose::Read)?,
            };
            // A connection that failed is not used again.
            let result = work(&connection).map_err(|error| failure(&file.shared.path, &error))?;
            file.idle().push(connection);
            Ok(result)
        })
        .await
    }

    fn queue(&self) -> Result<Arc<Queue>, LogError> {
        let mut writing = self.writing();
        match &*writing {
            Writing::Running { queue, .. } => return Ok(Arc::clone(queue)),
            Writing::Closed => return Err(LogError::Closed),
            Writing::NotYet => {}
        }
        let (queue, requests) = Queue::new();
        let queue = Arc::new(queue);
        let ended = writer::start(Arc::clone(&self.shared), requests)?;
        *writing = Writing::Running { queue: Arc::clone(&queue), ended };
        Ok(queue)
    }

    fn writing(&self) -> std::sync::MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The topic's file in `directory`.
pub fn path(directory: &Path, topic: &Topic) -> Result<PathBuf, LogError> {
    /// The longest file name on the usual file systems, less `.sqlite-wal`.
    const NAME_BYTES_MAX: usize = 255 - ".sqlite-wal".len();
    let name = topic.as_str();
    if name.len() > NAME_BYTES_MAX {
        return Err(LogError::Configuration(format!(
            "the topic name {name} is longer than the {NAME_BYTES_MAX} bytes that a file's may be"
        )));
    }
    Ok(directory.join(format!("{name}.sqlite")))
}
