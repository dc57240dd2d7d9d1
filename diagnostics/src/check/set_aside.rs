//! The events that the store has passed and does not show: they wait in a retry topic, or are dead
//! letters.
//!
//! What is kept in memory grows with their number, not with the log.

use std::collections::{BTreeMap, BTreeSet};

use event_log::topics::{ORDER_EVENTS, ORDER_EVENTS_DEAD_LETTERS};
use event_log::{EventLog, LogError, Record, Topic};
use order_domain::{Decision, OrderId, Partition, Position};
use order_store::{Checkpoint, StreamId};
use uuid::Uuid;

use super::report::Report;
use crate::dlt::failure::Failure;
use crate::dlt::standing::{StateName, each_letter};
use crate::stretch::Stretch;

/// What waits.
#[derive(Debug, Default)]
pub(super) struct SetAside {
    /// By where each stands in `order-events`.
    places: BTreeSet<Position>,
    /// The orders that they are about, by partition.
    orders: BTreeSet<(Partition, OrderId)>,
    /// Orders of dead letters that somebody has purged.
    purged: BTreeSet<(Partition, OrderId)>,
}

impl SetAside {
    /// Reads the retry topics from where the store stands in them, and the dead letters of events.
    pub(super) async fn read(
        log: &dyn EventLog,
        retry_topics: Vec<Topic>,
        checkpoints: &BTreeMap<StreamId, Checkpoint>,
        report: &mut Report,
    ) -> anyhow::Result<Self> {
        let mut set_aside = Self::default();
        let known = checkpoints.keys().filter(|stream| stream.topic != ORDER_EVENTS.as_str());
        let mut topics: BTreeSet<Topic> = retry_topics.into_iter().collect();
        topics.extend(known.filter_map(|stream| Topic::new(stream.topic.clone()).ok()));
        for topic in topics {
            let partitions = match log.partition_count(&topic).await {
                Err(LogError::NoSuchTopic(_)) => {
                    report.unchecked(format!("what waits in {topic}: there is no such topic"));
                    continue;
                }
                counted => counted?,
            };
            for partition in (0..partitions).map(Partition) {
                let stream = StreamId { topic: topic.as_str().to_owned(), partition };
                let from = checkpoints.get(&stream).map(|at| at.next).unwrap_or_default();
                let mut waiting = Stretch::from(log, &topic, partition, from).await?;
                while let Some(records) = waiting.next().await? {
                    for record in records {
                        let failure = Failure::of(&record.headers);
                        set_aside.note(&record, &failure, false, report);
                    }
                }
            }
        }
        set_aside.read_dead_letters(log, report).await?;
        Ok(set_aside)
    }

    async fn read_dead_letters(
        &mut self,
        log: &dyn EventLog,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let topic = ORDER_EVENTS_DEAD_LETTERS;
        match log.partition_count(&topic).await {
            Err(LogError::NoSuchTopic(_)) => {
                report.unchecked(format!("dead letters of events: there is no topic {topic}"));
                return Ok(());
            }
            counted => drop(counted?),
        }
        each_letter(log, &[topic], |letter, state| match state {
            StateName::Waiting | StateName::InDoubt => {
                self.note(&letter.record, &letter.failure, false, report);
            }
            StateName::Purged => self.note(&letter.record, &letter.failure, true, report),
            // Another letter, or a record of a retry topic, has taken its place.
            StateName::Redriven | StateName::Edited | StateName::Repeated => {}
        })
        .await
    }

    fn note(&mut self, record: &Record, failure: &Failure, purged: bool, report: &mut Report) {
        let partition = record.position.partition;
        match failure.origin().filter(|origin| origin.topic == ORDER_EVENTS) {
            Some(origin) => drop(self.places.insert(origin.position)),
            None => report.unchecked(format!(
                "an event that was set aside in partition {partition}: no header says where it stood"
            )),
        }
        let orders = if purged { &mut self.purged } else { &mut self.orders };
        orders.extend(subjects(record).into_iter().map(|order| (partition, order)));
    }

    /// Whether the event at `position` of `order-events` waits.
    pub(super) fn holds(&self, position: Position) -> bool {
        self.places.contains(&position)
    }

    /// Whether anything about the order waits.
    pub(super) fn is_about(&self, partition: Partition, order: OrderId) -> bool {
        self.orders.contains(&(partition, order))
    }

    /// Whether a dead letter about the order was purged.
    pub(super) fn was_purged(&self, partition: Partition, order: OrderId) -> bool {
        self.purged.contains(&(partition, order))
    }
}

/// The orders that a decision is about, as its content, or failing that its headers, say.
fn subjects(record: &Record) -> Vec<OrderId> {
    if let Ok(decision) = Decision::from_json(&record.payload) {
        return decision.events.iter().filter_map(order_domain::Event::subject).collect();
    }
    let subject = record.headers.get_text("ce_subject").and_then(|id| id.parse::<Uuid>().ok());
    subject.map(OrderId).into_iter().collect()
}
