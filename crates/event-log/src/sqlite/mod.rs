//! The embedded log: one SQLite file a topic, and one for the consumer groups.
//!
//! ```text
//! append -> queue (bounded) -> writer thread -> transaction, fsync -> tail -> readers
//!                                                   |                          ^
//!                                             <topic>.sqlite ------------------'
//! ```
//!
//! Any number of processes may open one directory: SQLite's locks keep their transactions apart,
//! and each notices what the others wrote. Only a local file system will do, since the write-ahead
//! log needs shared memory (SQLite, "Write-Ahead Logging").

mod batch;
mod batches;
mod blocking;
mod bytes;
mod checkpoint;
mod connection;
mod failure;
mod identity;
mod membership;
mod queue;
mod reader;
mod record_format;
mod retention;
mod schema;
mod tail;
mod topic_file;
mod transaction;
mod watcher;
mod writer;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use order_domain::{Offset, Partition, Position};
use tokio_util::sync::CancellationToken;

use self::blocking::blocking;
use self::connection::Purpose;
use self::membership::Groups;
use self::queue::Run;
use self::reader::SqliteReader;
use self::topic_file::TopicFile;
use self::watcher::Watcher;
use crate::{
    Appended, Ends, EventLog, GroupId, LogError, LogReader, LogSettings, MemberId, Membership,
    NewRecord, RECORD_BYTES_MAX, Topic, TopicSpec, partition_of_key,
};

/// How long [`EventLog::check`] waits for the writers.
const CHECK_TIMEOUT: Duration = Duration::from_millis(900);

/// A log in a directory.
pub struct SqliteLog {
    directory: PathBuf,
    append_timeout: Duration,
    topics: RwLock<HashMap<Topic, Arc<TopicFile>>>,
    /// Held while a topic is opened, so that it is opened once.
    opening: tokio::sync::Mutex<()>,
    watcher: Arc<Watcher>,
    groups: Arc<Groups>,
    closed: CancellationToken,
}

impl SqliteLog {
    /// Opens the log in `directory`, and makes the directory where there is none.
    pub async fn open(directory: &Path, settings: &LogSettings) -> Result<Self, LogError> {
        let directory = directory.to_owned();
        let (directory, groups) = blocking(move || {
            std::fs::create_dir_all(&directory).map_err(|error| {
                let directory = directory.display();
                LogError::Configuration(format!("no log can be made in {directory}: {error}"))
            })?;
            let groups = Groups::open(&directory)?;
            Ok((directory, groups))
        })
        .await?;
        Ok(Self {
            directory,
            append_timeout: settings.append_timeout,
            topics: RwLock::default(),
            opening: tokio::sync::Mutex::default(),
            watcher: Arc::default(),
            groups: Arc::new(groups),
            closed: CancellationToken::new(),
        })
    }

    fn ensure_open(&self) -> Result<(), LogError> {
        if self.closed.is_cancelled() { Err(LogError::Closed) } else { Ok(()) }
    }

    async fn topic(&self, topic: &Topic) -> Result<Arc<TopicFile>, LogError> {
        self.ensure_open()?;
        match self.opened(topic) {
            Some(file) => Ok(file),
            // Boxed: it is needed once, and every append would carry it about.
            None => Box::pin(self.open_topic(topic)).await,
        }
    }

    async fn open_topic(&self, topic: &Topic) -> Result<Arc<TopicFile>, LogError> {
        let _opening = self.opening.lock().await;
        if let Some(file) = self.opened(topic) {
            return Ok(file);
        }
        let (directory, name) = (self.directory.clone(), topic.clone());
        let file = Arc::new(blocking(move || TopicFile::open(&directory, &name)).await?);
        // Whoever closes has already told the writers to end; one more would never hear of it.
        self.ensure_open()?;
        self.watcher.add(file.shared());
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.insert(topic.clone(), Arc::clone(&file));
        Ok(file)
    }

    fn opened(&self, topic: &Topic) -> Option<Arc<TopicFile>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner).get(topic).cloned()
    }

    fn all_opened(&self) -> Vec<Arc<TopicFile>> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.values().cloned().collect()
    }
}

#[async_trait]
impl EventLog for SqliteLog {
    async fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.ensure_open()?;
        let (directory, topics) = (self.directory.clone(), topics.to_vec());
        blocking(move || topics.iter().try_for_each(|spec| create_topic(&directory, spec))).await
    }

    async fn partition_count(&self, topic: &Topic) -> Result<u32, LogError> {
        Ok(self.topic(topic).await?.partitions())
    }

    async fn append(&self, topic: &Topic, record: NewRecord) -> Result<Appended, LogError> {
        check_size(&record)?;
        let file = self.topic(topic).await?;
        let partition = partition_of_key(&record.key, file.partitions());
        let run = file.append(partition, vec![record], self.append_timeout).await?;
        Ok(appended(partition, run, 0))
    }

    async fn append_all(
        &self,
        topic: &Topic,
        partition: Partition,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Appended>, LogError> {
        records.iter().try_for_each(check_size)?;
        let file = self.topic(topic).await?;
        file.tail(partition)?;
        let mut answers = Vec::with_capacity(records.len());
        // One part after the other: what is written when one fails is a prefix.
        for part in parts(records) {
            let count = part.len() as u64;
            let run = file.append(partition, part, self.append_timeout).await?;
            answers.extend((0..count).map(|index| appended(partition, run, index)));
        }
        Ok(answers)
    }

    async fn read(
        &self,
        topic: &Topic,
        partition: Partition,
        from: Offset,
    ) -> Result<Box<dyn LogReader>, LogError> {
        let topic = self.topic(topic).await?;
        let (watcher, closed) = (Arc::clone(&self.watcher), self.closed.clone());
        Ok(Box::new(SqliteReader::new(topic, watcher, closed, partition, from)?))
    }

    async fn ends(&self, topic: &Topic, partition: Partition) -> Result<Ends, LogError> {
        self.topic(topic).await?.ends(partition).await
    }

    async fn join(
        &self,
        group: &GroupId,
        topic: &Topic,
        member: &MemberId,
    ) -> Result<Box<dyn Membership>, LogError> {
        let partitions = self.topic(topic).await?.partitions();
        let place = membership::Place::new(group, topic, member, partitions);
        membership::join(&self.groups, place, self.closed.clone()).await
    }

    async fn check(&self) -> Result<(), LogError> {
        self.ensure_open()?;
        let topics = self.all_opened();
        topics.iter().try_for_each(|topic| topic.shared().check_in_place())?;
        let writers = try_join_all(topics.iter().map(|topic| topic.probe()));
        let groups = Groups::probe(&self.groups);
        let checks = async { tokio::try_join!(writers, groups) };
        match tokio::time::timeout(CHECK_TIMEOUT, checks).await {
            Ok(result) => result.map(drop),
            Err(_) => Err(LogError::Unavailable(format!(
                "{} did not take a write within {CHECK_TIMEOUT:?}",
                self.directory.display()
            ))),
        }
    }

    async fn close(&self) {
        self.closed.cancel();
        // A topic that is just being opened must be among those below, or not be opened at all.
        let _opening = self.opening.lock().await;
        for topic in self.all_opened() {
            topic.close().await;
        }
    }
}

fn create_topic(directory: &Path, spec: &TopicSpec) -> Result<(), LogError> {
    if spec.partitions == 0 {
        return Err(LogError::Configuration(format!("topic {} has no partition", spec.topic)));
    }
    let path = topic_file::path(directory, &spec.topic)?;
    let mut connection = connection::open_or_create(&path, Purpose::Write)?;
    schema::create_topic(&path, &mut connection, spec)
}

fn check_size(record: &NewRecord) -> Result<(), LogError> {
    let (bytes, max) = (record.size(), RECORD_BYTES_MAX);
    if bytes > max { Err(LogError::TooLarge { bytes, max }) } else { Ok(()) }
}

const fn appended(partition: Partition, run: Run, index: u64) -> Appended {
    let position = Position::new(partition, Offset(run.first.0 + index));
    Appended { position, timestamp: run.timestamp }
}

/// Splits records into parts that one transaction takes.
fn parts(records: Vec<NewRecord>) -> Vec<Vec<NewRecord>> {
    if !records.is_empty() && u64::from(queue::weight(&records)) <= writer::BATCH_BYTES_MAX {
        return vec![records];
    }
    let mut parts = Vec::new();
    let mut room = 0;
    for record in records {
        let weight = u64::from(queue::weight(std::slice::from_ref(&record)));
        if weight > room {
            parts.push(Vec::new());
            room = writer::BATCH_BYTES_MAX;
        }
        room = room.saturating_sub(weight);
        if let Some(part) = parts.last_mut() {
            part.push(record);
        }
    }
    parts
}
