//! What the log tells.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event_log::topics::{ORDER_EVENTS, ORDER_EVENTS_DEAD_LETTERS, ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{Ends, EventLog, LogError, Topic};
use futures_util::future::try_join_all;
use order_domain::{Decision, Offset, Partition};
use tokio::time::timeout;

use crate::dlt::standing::{StateName, each_letter};
use crate::stretch::Stretch;

/// How many of the newest decisions are read to learn how far the engine is. More than one, because
/// one that does not stand where it was expected tells nothing.
const NEWEST_DECISIONS: u64 = 8;

/// Letters are counted anew no more often than this: it takes reading all of them.
const COUNTED_EVERY: Duration = Duration::from_secs(10);

/// How long counting them may take. Of more than can be read in this time, nobody knows how many wait.
const COUNTING_MAX: Duration = Duration::from_secs(12);

/// The log at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct LogLook {
    pub(super) partitions: BTreeMap<Partition, LogPartition>,
}

/// One partition of every topic.
#[derive(Clone, Debug)]
pub(super) struct LogPartition {
    /// Where `orders` ends.
    pub(super) commands: Offset,
    /// Commands before this one are decided; `None` where the newest decisions don't tell.
    pub(super) decided: Option<Offset>,
    /// Where `order-events` ends.
    pub(super) events: Offset,
    /// Where each retry topic ends.
    pub(super) retries: BTreeMap<Topic, Offset>,
    /// Dead letters of commands, and of events.
    pub(super) dead: [DeadLetters; 2],
}

/// The dead letters of one partition of one topic.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeadLetters {
    /// Ever written.
    pub(super) written: Offset,
    /// Those about which nothing was done; `None` where they were not counted yet.
    pub(super) waiting: Option<u64>,
}

/// Looks at the log, and remembers what need not be read again.
pub(super) struct LogSide {
    log: Arc<dyn EventLog>,
    retry_topics: Vec<Topic>,
    /// By partition: where `order-events` ended, and what its newest decisions told.
    decided: BTreeMap<Partition, (Offset, Option<Offset>)>,
    waiting: Option<Counted>,
}

/// How many letters waited.
struct Counted {
    at: Instant,
    waiting: BTreeMap<(Topic, Partition), u64>,
}

impl LogSide {
    pub(super) fn new(log: Arc<dyn EventLog>, retry_topics: Vec<Topic>) -> Self {
        Self { log, retry_topics, decided: BTreeMap::new(), waiting: None }
    }

    pub(super) async fn look(&mut self) -> anyhow::Result<LogLook> {
        let partitions = (0..self.log.partition_count(&ORDERS).await?).map(Partition);
        self.count_letters().await?;
        let looks = try_join_all(partitions.map(|partition| self.look_at(partition))).await?;
        let mut look = LogLook::default();
        for (partition, seen, events) in looks {
            self.decided.insert(partition, (events, seen.decided));
            look.partitions.insert(partition, seen);
        }
        Ok(look)
    }

    async fn look_at(
        &self,
        partition: Partition,
    ) -> Result<(Partition, LogPartition, Offset), LogError> {
        // Decisions first: whatever is decided now has its command in what is asked for next.
        let events = self.log.ends(&ORDER_EVENTS, partition).await?;
        let decided = match self.decided.get(&partition) {
            Some((end, decided)) if *end == events.next => *decided,
            _ => self.decided(partition, events).await?,
        };
        let end =
            async |topic: &Topic| Ok::<_, LogError>(self.log.ends(topic, partition).await?.next);
        let mut retries = BTreeMap::new();
        for topic in &self.retry_topics {
            retries.insert(topic.clone(), end(topic).await?);
        }
        let dead = async |topic: Topic| {
            let written = end(&topic).await?;
            let counted = self.waiting.as_ref();
            let waiting = counted.and_then(|c| c.waiting.get(&(topic, partition)).copied());
            Ok::<_, LogError>(DeadLetters { written, waiting })
        };
        let look = LogPartition {
            commands: end(&ORDERS).await?,
            decided,
            events: events.next,
            retries,
            dead: [dead(ORDERS_DEAD_LETTERS).await?, dead(ORDER_EVENTS_DEAD_LETTERS).await?],
        };
        Ok((partition, look, events.next))
    }

    /// The first command that has no decision, as the newest decisions tell.
    async fn decided(&self, partition: Partition, ends: Ends) -> Result<Option<Offset>, LogError> {
        if ends.next == Offset::ZERO {
            return Ok(Some(Offset::ZERO));
        }
        let from = Offset(ends.next.0.saturating_sub(NEWEST_DECISIONS));
        let mut newest = Stretch::from(self.log.as_ref(), &ORDER_EVENTS, partition, from).await?;
        let mut decided = None;
        while let Some(records) = newest.next().await? {
            let counting = records.iter().filter(|record| record.stands_as_expected());
            let decisions = counting.filter_map(|record| Decision::from_json(&record.payload).ok());
            decided = decided.max(decisions.map(|decision| decision.source.offset.next()).max());
        }
        Ok(decided)
    }

    /// Counts the letters that wait, unless that was done just now.
    async fn count_letters(&mut self) -> anyhow::Result<()> {
        if self.waiting.as_ref().is_some_and(|counted| counted.at.elapsed() < COUNTED_EVERY) {
            return Ok(());
        }
        let topics = [ORDERS_DEAD_LETTERS, ORDER_EVENTS_DEAD_LETTERS];
        let mut waiting = BTreeMap::new();
        for topic in &topics {
            for partition in (0..self.log.partition_count(topic).await?).map(Partition) {
                waiting.insert((topic.clone(), partition), 0);
            }
        }
        let counting = each_letter(self.log.as_ref(), &topics, |letter, state| {
            if matches!(state, StateName::Waiting | StateName::InDoubt) {
                let place = &letter.place;
                *waiting.entry((place.topic.clone(), place.position.partition)).or_default() += 1;
            }
        });
        match timeout(COUNTING_MAX, counting).await {
            Ok(counted) => counted?,
            Err(_) => waiting.clear(),
        }
        self.waiting = Some(Counted { at: Instant::now(), waiting });
        Ok(())
    }

    pub(super) async fn close(self) {
        self.log.close().await;
    }
}
