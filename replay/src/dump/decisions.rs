//! What became of commands: the decisions of the topic `order-events`, beside the commands.
//!
//! Decisions stand on the partition of their command, in the order of the commands, one record each;
//! where an engine that was deposed has repeated some, the first one counts. So each partition is
//! read once, along with its commands. The decision of offset n never stands before offset n, since
//! every command has one.

use std::collections::{BTreeMap, VecDeque};

use event_log::LogError;
use order_domain::event::Outcome;
use order_domain::trading::{CommandId, RefusalReason, TradingEvent};
use order_domain::{Decision, Event, Offset, Partition, Position};

use crate::stream::{LogTopic, StreamError, WrittenRecords};

/// Decisions of a topic, as far as it goes when a partition's first command comes.
pub(super) struct Decisions {
    topic: LogTopic,
    partition_count: u32,
    partitions: BTreeMap<Partition, PartitionDecisions>,
}

struct PartitionDecisions {
    written: WrittenRecords,
    ahead: VecDeque<Decision>,
    /// The last command whose decision was seen.
    seen: Option<Offset>,
}

impl Decisions {
    pub(super) async fn open(topic: LogTopic) -> Result<Self, StreamError> {
        let partition_count = topic.log.partition_count(&topic.topic).await?;
        Ok(Self { topic, partition_count, partitions: BTreeMap::new() })
    }

    /// `None` where there is no such topic.
    pub(super) async fn open_if_there(topic: LogTopic) -> Result<Option<Self>, StreamError> {
        match Self::open(topic).await {
            Err(StreamError::Log(LogError::NoSuchTopic(_))) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// What became of the command at `source`, in a word or two; `None` where that is not decided, or
    /// not kept. Of each partition ask in the order of the commands.
    pub(super) async fn outcome(
        &mut self,
        source: Position,
        command: CommandId,
    ) -> Result<Option<String>, StreamError> {
        let Some(decision) = self.decision(source).await? else { return Ok(None) };
        let Some(event) = decision.events.first() else { return Ok(None) };
        match event.command_id() {
            Some(decided) if decided != command => Err(StreamError::OtherDecisions {
                topic: self.topic.topic.to_string(),
                position: source,
                decided: decided.to_string(),
                command: command.to_string(),
            }),
            _ => Ok(Some(word(event))),
        }
    }

    async fn decision(&mut self, source: Position) -> Result<Option<Decision>, StreamError> {
        let Position { partition, offset } = source;
        if partition.0 >= self.partition_count {
            return Ok(None);
        }
        if !self.partitions.contains_key(&partition) {
            let opened = self.open_partition(partition, offset).await?;
            self.partitions.insert(partition, opened);
        }
        let decisions = self.partitions.get_mut(&partition).expect("it was just put there");
        decisions.of(offset).await
    }

    async fn open_partition(
        &self,
        partition: Partition,
        from: Offset,
    ) -> Result<PartitionDecisions, StreamError> {
        let (what, mut topic) = (self.topic.place(partition), &self.topic);
        let asking =
            topic.patience.wait_for(&what, &mut topic, |topic| Box::pin(topic.ends(partition)));
        let ends = asking.await?;
        let offsets = from.max(ends.first)..ends.next;
        let written = WrittenRecords::open(&self.topic, partition, offsets).await?;
        Ok(PartitionDecisions { written, ahead: VecDeque::new(), seen: None })
    }
}

impl PartitionDecisions {
    /// The first decision of this command; those of earlier ones are passed over.
    async fn of(&mut self, source: Offset) -> Result<Option<Decision>, StreamError> {
        loop {
            while let Some(decision) = self.ahead.pop_front() {
                let decided = decision.source.offset;
                if decided > source {
                    self.ahead.push_front(decision);
                    return Ok(None);
                }
                if self.seen.is_none_or(|seen| decided > seen) {
                    self.seen = Some(decided);
                    if decided == source {
                        return Ok(Some(decision));
                    }
                }
            }
            if !self.refill().await? {
                return Ok(None);
            }
        }
    }

    /// Says whether there was more.
    async fn refill(&mut self) -> Result<bool, StreamError> {
        let records = self.written.next().await?;
        // What is no decision that this build can read decides nothing here, nor does one that does not
        // stand where its engine expected it.
        let standing = records.iter().filter(|record| record.stands_as_expected());
        let decisions = standing.filter_map(|record| Decision::from_json(&record.payload).ok());
        self.ahead.extend(decisions);
        Ok(!records.is_empty())
    }
}

/// How an entry's outcome is written.
fn word(event: &Event) -> String {
    let of = |outcome: &Outcome| match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Rejected { reason } => format!("rejected: {reason}"),
    };
    match event {
        Event::OrderAccepted(_) => of(&Outcome::Accepted),
        Event::OrderRejected(event) => of(&Outcome::Rejected { reason: event.reason }),
        Event::NewOrderRepeated(event) => format!("repeated: {}", of(&event.outcome)),
        Event::NewOrderConflicted(_) => "conflicted".to_owned(),
        Event::CommandDeadLettered(_) => "dead-lettered".to_owned(),
        Event::Trading(event) => word_of_market(event),
    }
}

/// Of the event that a market's decision begins with.
fn word_of_market(event: &TradingEvent) -> String {
    let rejected = |reason: RefusalReason| format!("rejected: {}", reason.code());
    match event {
        TradingEvent::CommandTaken(_) => "accepted".to_owned(),
        TradingEvent::CommandRefused(event) => rejected(event.reason),
        TradingEvent::OrderRejected(event) => rejected(event.reason),
        TradingEvent::CommandRepeated(event) => {
            let first = event.refused.map_or_else(|| "accepted".to_owned(), rejected);
            format!("repeated: {first}")
        }
        TradingEvent::CommandConflicted(_) => "conflicted".to_owned(),
        other => other.type_name().to_owned(),
    }
}
