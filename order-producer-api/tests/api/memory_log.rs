//! A log in memory, just enough for the producer: appends, tails, and fails when told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use event_log::topics::ORDER_EVENTS;
use event_log::{
    Appended, BatchLimit, Ends, EventLog, GroupId, LogError, LogReader, MemberId, Membership,
    NewRecord, Record, Topic, TopicSpec, partition_of_key,
};
use order_domain::{Offset, Partition, Position, Timestamp};
use tokio::sync::watch;

pub const PARTITIONS: u32 = 4;

type Records = HashMap<(Topic, Partition), Vec<Record>>;

pub struct MemoryLog {
    records: Arc<Mutex<Records>>,
    changed: watch::Sender<()>,
    mode: Mutex<Mode>,
    /// Where retention has removed what stood before.
    first_kept: Mutex<HashMap<(Topic, Partition), usize>>,
    /// Held by every reader of events.
    event_readers: Arc<()>,
}

/// How the log behaves.
#[derive(Clone, Copy)]
pub enum Mode {
    Works,
    /// Takes the record after a while.
    Slow(Duration),
    /// Fails every append with what this makes.
    Fails(fn() -> LogError),
}

impl MemoryLog {
    pub fn new() -> Self {
        let (changed, _) = watch::channel(());
        Self {
            records: Arc::default(),
            changed,
            mode: Mutex::new(Mode::Works),
            first_kept: Mutex::default(),
            event_readers: Arc::default(),
        }
    }

    pub fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// Retention has removed all events of a partition that are there now.
    pub fn forget_events(&self, partition: Partition) {
        let place = (ORDER_EVENTS, partition);
        let mut kept = self.first_kept.lock().unwrap();
        kept.insert(place.clone(), self.records.lock().unwrap().get(&place).map_or(0, Vec::len));
    }

    /// How many readers follow events now; the commands' readers are the engine's.
    pub fn readers_of_events(&self) -> usize {
        Arc::strong_count(&self.event_readers) - 1
    }

    /// All records of a topic, partition by partition.
    pub fn all(&self, topic: &Topic) -> Vec<Record> {
        let records = self.records.lock().unwrap();
        (0..PARTITIONS)
            .filter_map(|number| records.get(&(topic.clone(), Partition(number))))
            .flatten()
            .cloned()
            .collect()
    }

    fn push(&self, topic: &Topic, partition: Partition, record: NewRecord) -> Appended {
        let mut records = self.records.lock().unwrap();
        let partition_records = records.entry((topic.clone(), partition)).or_default();
        let position = Position::new(partition, Offset(partition_records.len() as u64));
        let timestamp = Timestamp(1_700_000_000_000);
        let NewRecord { key, payload, headers } = record;
        partition_records.push(Record { position, timestamp, key, payload, headers });
        self.changed.send_replace(());
        Appended { position, timestamp }
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn create_topics(&self, _: &[TopicSpec]) -> Result<(), LogError> {
        Ok(())
    }

    async fn partition_count(&self, _: &Topic) -> Result<u32, LogError> {
        Ok(PARTITIONS)
    }

    async fn append(&self, topic: &Topic, record: NewRecord) -> Result<Appended, LogError> {
        let mode = *self.mode.lock().unwrap();
        match mode {
            Mode::Works => {}
            Mode::Slow(delay) => tokio::time::sleep(delay).await,
            Mode::Fails(error) => return Err(error()),
        }
        let partition = partition_of_key(&record.key, PARTITIONS);
        Ok(self.push(topic, partition, record))
    }

    async fn append_all(
        &self,
        topic: &Topic,
        partition: Partition,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Appended>, LogError> {
        Ok(records.into_iter().map(|record| self.push(topic, partition, record)).collect())
    }

    async fn read(
        &self,
        topic: &Topic,
        partition: Partition,
        from: Offset,
    ) -> Result<Box<dyn LogReader>, LogError> {
        let place = (topic.clone(), partition);
        let first_kept = self.first_kept.lock().unwrap().get(&place).copied().unwrap_or(0);
        Ok(Box::new(MemoryReader {
            records: self.records.clone(),
            changed: self.changed.subscribe(),
            place,
            first_kept,
            next: usize::try_from(from.0).unwrap(),
            _counted: (*topic == ORDER_EVENTS).then(|| self.event_readers.clone()),
        }))
    }

    async fn ends(&self, topic: &Topic, partition: Partition) -> Result<Ends, LogError> {
        let records = self.records.lock().unwrap();
        let length = records.get(&(topic.clone(), partition)).map_or(0, Vec::len);
        Ok(Ends { first: Offset::ZERO, next: Offset(length as u64) })
    }

    async fn join(
        &self,
        _: &GroupId,
        _: &Topic,
        _: &MemberId,
    ) -> Result<Box<dyn Membership>, LogError> {
        unreachable!("the producer is in no consumer group")
    }

    async fn check(&self) -> Result<(), LogError> {
        match *self.mode.lock().unwrap() {
            Mode::Fails(error) => Err(error()),
            Mode::Works | Mode::Slow(_) => Ok(()),
        }
    }

    async fn close(&self) {}
}

struct MemoryReader {
    records: Arc<Mutex<Records>>,
    changed: watch::Receiver<()>,
    place: (Topic, Partition),
    first_kept: usize,
    next: usize,
    _counted: Option<Arc<()>>,
}

#[async_trait]
impl LogReader for MemoryReader {
    async fn next(&mut self, limit: BatchLimit) -> Result<Vec<Record>, LogError> {
        if self.next < self.first_kept {
            let (first, next) = (Offset(self.first_kept as u64), Offset(u64::MAX));
            return Err(LogError::OutOfRange { wanted: Offset(self.next as u64), first, next });
        }
        loop {
            self.changed.borrow_and_update();
            let found: Vec<Record> = {
                let records = self.records.lock().unwrap();
                let all = records.get(&self.place).map_or(&[][..], Vec::as_slice);
                all.iter().skip(self.next).take(limit.records).cloned().collect()
            };
            if !found.is_empty() {
                self.next += found.len();
                return Ok(found);
            }
            if self.changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
