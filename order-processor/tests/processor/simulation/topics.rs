//! What the log holds, of one partition of every topic, and what is still on its way to it.

use std::collections::BTreeMap;

use event_log::{Appended, BatchLimit, Ends, NewRecord, Record, Topic};
use order_domain::{Offset, Position, Timestamp};

use crate::harness::PARTITION;

#[derive(Default)]
pub struct Topics {
    records: BTreeMap<Topic, Vec<Record>>,
    /// Appends whose callers gave up.
    late: Vec<(Topic, Vec<NewRecord>)>,
}

impl Topics {
    /// Appends one record.
    pub fn append(&mut self, topic: &Topic, record: NewRecord, timestamp: Timestamp) -> Appended {
        let records = self.records.entry(topic.clone()).or_default();
        let position = Position::new(PARTITION, Offset(records.len() as u64));
        let NewRecord { key, payload, headers } = record;
        records.push(Record { position, timestamp, key, payload, headers });
        Appended { position, timestamp }
    }

    /// Everything that a topic holds.
    pub fn all(&self, topic: &Topic) -> &[Record] {
        self.records.get(topic).map_or(&[], Vec::as_slice)
    }

    /// Every topic with what it holds.
    pub fn iter(&self) -> impl Iterator<Item = (&Topic, &[Record])> {
        self.records.iter().map(|(topic, records)| (topic, &records[..]))
    }

    pub fn ends(&self, topic: &Topic) -> Ends {
        Ends { first: Offset::ZERO, next: Offset(self.all(topic).len() as u64) }
    }

    /// The records from `from` on, at least one where there is one.
    pub fn from(&self, topic: &Topic, from: Offset, limit: BatchLimit) -> Vec<Record> {
        let from = usize::try_from(from.0).expect("an index");
        let rest = self.all(topic).get(from..).unwrap_or_default();
        let mut bytes = 0;
        let fits = |record: &&Record| {
            bytes += record.payload.len();
            bytes <= limit.bytes
        };
        let count = rest.iter().take(limit.records).take_while(fits).count();
        rest[..count.max(1).min(rest.len())].to_vec()
    }

    /// An append comes later, perhaps.
    pub fn delay(&mut self, topic: Topic, records: Vec<NewRecord>) {
        self.late.push((topic, records));
    }

    /// How many appends are late.
    pub fn late(&self) -> usize {
        self.late.len()
    }

    /// Takes a late append off the list.
    pub fn take_late(&mut self, number: usize) -> (Topic, Vec<NewRecord>) {
        self.late.remove(number)
    }
}
