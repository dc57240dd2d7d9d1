//! The log as one worker sees it.

use std::sync::Arc;

use async_trait::async_trait;
use event_log::{
    Appended, BatchLimit, Ends, EventLog, GroupId, LogError, LogReader, MemberId, Membership,
    NewRecord, Record, Topic, TopicSpec,
};
use order_domain::{Offset, Partition};

use super::calls::{Call, Caller};
use super::fate::Fate;
use super::world::World;
use crate::harness::PARTITION;

#[derive(Clone)]
pub struct SimulatedLog {
    pub world: Arc<World>,
    pub caller: Caller,
}

impl SimulatedLog {
    async fn fate_of(&self, call: Call) -> Fate {
        self.world.calls.fate_of(self.caller, call).await
    }

    fn append_now(&self, topic: &Topic, records: impl Iterator<Item = NewRecord>) -> Vec<Appended> {
        let now = self.world.now();
        let mut topics = self.world.topics();
        records.map(|record| topics.append(topic, record, now)).collect()
    }
}

/// What a caller hears, whatever the reason.
fn away() -> LogError {
    LogError::Unavailable("the simulation wants it so".to_owned())
}

#[async_trait]
impl EventLog for SimulatedLog {
    async fn create_topics(&self, _: &[TopicSpec]) -> Result<(), LogError> {
        unreachable!("a worker makes no topics")
    }

    async fn partition_count(&self, _: &Topic) -> Result<u32, LogError> {
        unreachable!("a worker counts no partitions")
    }

    async fn append(&self, _: &Topic, _: NewRecord) -> Result<Appended, LogError> {
        unreachable!("a worker names the partition")
    }

    async fn append_all(
        &self,
        topic: &Topic,
        partition: Partition,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Appended>, LogError> {
        assert_eq!(partition, PARTITION);
        let mut rest = records.into_iter();
        let mut appended = Vec::new();
        while rest.len() > 0 {
            let fate = self.fate_of(Call::Append(topic.clone())).await;
            if fate == Fate::ComesLate {
                self.world.topics().delay(topic.clone(), rest.collect());
                return Err(away());
            }
            let share = fate.share(rest.len());
            appended.extend(self.append_now(topic, rest.by_ref().take(share)));
            if matches!(fate, Fate::Fails | Fate::FailsAfterwards | Fate::FailsInPart(_)) {
                return Err(away());
            }
        }
        self.fate_of(Call::Answer).await;
        Ok(appended)
    }

    async fn read(
        &self,
        topic: &Topic,
        partition: Partition,
        from: Offset,
    ) -> Result<Box<dyn LogReader>, LogError> {
        assert_eq!(partition, PARTITION);
        Ok(Box::new(SimulatedReader { log: self.clone(), topic: topic.clone(), next: from }))
    }

    async fn ends(&self, topic: &Topic, partition: Partition) -> Result<Ends, LogError> {
        assert_eq!(partition, PARTITION);
        match self.fate_of(Call::Ends(topic.clone())).await {
            Fate::Works => Ok(self.world.topics().ends(topic)),
            _ => Err(away()),
        }
    }

    async fn join(
        &self,
        _: &GroupId,
        _: &Topic,
        _: &MemberId,
    ) -> Result<Box<dyn Membership>, LogError> {
        unreachable!("a worker is given its partition")
    }

    async fn check(&self) -> Result<(), LogError> {
        unreachable!("a worker asks for no probe")
    }

    async fn close(&self) {}
}

struct SimulatedReader {
    log: SimulatedLog,
    topic: Topic,
    next: Offset,
}

#[async_trait]
impl LogReader for SimulatedReader {
    async fn next(&mut self, limit: BatchLimit) -> Result<Vec<Record>, LogError> {
        let Ends { first, next } = self.log.world.topics().ends(&self.topic);
        if self.next > next {
            return Err(LogError::OutOfRange { wanted: self.next, first, next });
        }
        let fate = self.log.fate_of(Call::Read(self.topic.clone(), self.next)).await;
        if fate == Fate::Fails {
            return Err(away());
        }
        let mut records = self.log.world.topics().from(&self.topic, self.next, limit);
        records.truncate(fate.share(records.len()));
        self.next = records.last().expect("a read waits for a record").position.offset.next();
        Ok(records)
    }
}
