//! The proof that nothing was lost, doubled or reordered: log, decisions, rows and state agree.

use std::collections::{BTreeMap, BTreeSet};

use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{BatchLimit, EventLog, LogSettings, Record, Topic};
use order_domain::trading::CommandId;
use order_domain::{Command, Decision, Event, Offset, Partition, Position};
use order_engine::{Engine, EngineSettings};
use order_processor::engine::restore::restore;
use order_processor::engine::snapshots::Snapshots;
use serde_json::Value;

use crate::{Acknowledged, House};

/// Everything that the log holds, read from the beginning.
pub struct History {
    commands: BTreeMap<Position, CommandId>,
    /// The decision that counts for each command: the first.
    decisions: BTreeMap<Position, Decision>,
}

impl History {
    /// Reads the whole log of a house whose program has stopped, and checks on the way that every
    /// command has exactly one decision that counts, and that each partition's state is the same
    /// from a snapshot, from the decisions, and when every command is decided anew.
    pub async fn read(house: &House) -> Self {
        let log = event_log::open(&LogSettings::new(house.log_url())).await.expect("the log opens");
        let mut history = Self { commands: BTreeMap::new(), decisions: BTreeMap::new() };
        let partitions = log.partition_count(&ORDERS).await.expect("orders exists");
        for partition in (0..partitions).map(Partition) {
            history.read_partition(log.as_ref(), partition).await;
            check_state(log.as_ref(), house, partition).await;
        }
        log.close().await;
        let undecided: Vec<_> =
            history.commands.keys().filter(|at| !history.decisions.contains_key(at)).collect();
        assert!(undecided.is_empty(), "commands without a decision: {undecided:?}");
        history
    }

    async fn read_partition(&mut self, log: &dyn EventLog, partition: Partition) {
        for record in read_all(log, &ORDERS, partition).await {
            let command = Command::from_json(&record.payload).expect("only commands were sent");
            self.commands.insert(record.position, command.command_id());
        }
        let mut source_next = Offset::ZERO;
        for record in read_all(log, &ORDER_EVENTS, partition).await {
            if !record.stands_as_expected() {
                continue;
            }
            let decision = Decision::from_json(&record.payload).expect("a decision");
            let source = decision.source;
            assert_eq!(source.partition, partition, "a decision stands beside its command");
            if source.offset < source_next {
                continue;
            }
            assert_eq!(source.offset, source_next, "source positions have no gap");
            source_next = source.offset.next();
            assert!(
                self.commands.contains_key(&source),
                "a decision without a command at {source}"
            );
            self.decisions.insert(source, decision);
        }
    }

    /// Every acknowledged command stands at the very position that was acknowledged.
    pub fn holds(&self, acknowledged: &[Acknowledged]) {
        for Acknowledged { position, order_id } in acknowledged {
            let found = self.commands.get(position);
            assert_eq!(found, Some(&CommandId(order_id.0)), "acknowledged at {position}");
        }
    }

    /// The rows are exactly the orders that were decided, each once, each written by the command
    /// that was first.
    pub fn equals_rows(&self, rows: &[Value]) {
        let mut expected: BTreeMap<String, String> = BTreeMap::new();
        for (source, decision) in &self.decisions {
            for event in &decision.events {
                if let Event::OrderAccepted(_) | Event::OrderRejected(_) = event {
                    let order_id = event.order_id().expect("it is about an order").to_string();
                    let doubled = expected.insert(order_id, source.to_string());
                    assert_eq!(doubled, None, "an order was decided twice, again at {source}");
                }
            }
        }
        let text = |row: &Value, field: &str| row[field].as_str().expect("a text").to_owned();
        let found: BTreeSet<(String, String)> =
            rows.iter().map(|row| (text(row, "orderId"), text(row, "position"))).collect();
        assert_eq!(found.len(), rows.len(), "a row came twice");
        assert_eq!(found, expected.into_iter().collect());
    }

    /// How many commands the log holds.
    pub fn commands(&self) -> usize {
        self.commands.len()
    }
}

/// The last command of every partition that has one, whether or not anybody was told of it: a kill
/// may leave commands behind whose client got no answer, and they count like any other.
pub async fn last_commands(house: &House) -> Vec<Position> {
    let log = event_log::open(&LogSettings::new(house.log_url())).await.expect("the log opens");
    let partitions = log.partition_count(&ORDERS).await.expect("orders exists");
    let mut last = Vec::new();
    for partition in (0..partitions).map(Partition) {
        let ends = log.ends(&ORDERS, partition).await.expect("the ends are known");
        if let Some(offset) = ends.next.0.checked_sub(1) {
            last.push(Position::new(partition, Offset(offset)));
        }
    }
    log.close().await;
    last
}

/// The engine's state is the same on every road to it.
async fn check_state(log: &dyn EventLog, house: &House, partition: Partition) {
    let settings = EngineSettings::default();
    let kept = Snapshots::in_directory(house.data_dir().join("snapshots"));
    let none = Snapshots::in_directory(house.data_dir().join("no-snapshots"));
    let from_snapshot = restore(log, &kept, partition, settings).await.expect("restores");
    let from_decisions = restore(log, &none, partition, settings).await.expect("restores");
    let mut anew = Engine::new(partition, settings);
    for record in read_all(log, &ORDERS, partition).await {
        let command = Command::from_json(&record.payload).expect("a command");
        let decision = anew.decide(record.position.offset, record.timestamp, command);
        anew.evolve(&decision);
    }
    assert_eq!(from_snapshot.engine.state_hash(), anew.state_hash(), "partition {partition}");
    assert_eq!(from_decisions.engine.state_hash(), anew.state_hash(), "partition {partition}");
}

async fn read_all(log: &dyn EventLog, topic: &Topic, partition: Partition) -> Vec<Record> {
    const READ: BatchLimit = BatchLimit { records: 10_000, bytes: 64 << 20 };
    let ends = log.ends(topic, partition).await.expect("the ends are known");
    let mut records = Vec::new();
    if ends.first == ends.next {
        return records;
    }
    let mut reader = log.read(topic, partition, ends.first).await.expect("it can be read");
    while records.last().is_none_or(|last: &Record| last.position.offset.next() < ends.next) {
        records.extend(reader.next(READ).await.expect("records"));
    }
    records
}
