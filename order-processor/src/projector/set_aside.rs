//! Appending a record to where it waits: the retry topic of a tier, or the dead letters.

use std::sync::Arc;

use event_log::topics::ORDER_EVENTS_DEAD_LETTERS;
use event_log::{EventLog, LogError, Record, Topic};
use order_domain::Partition;
use order_store::RetryTier;
use tracing::warn;

use super::GROUP;
use crate::dead_letters::{PutAside, Told};
use crate::{Clock, ProjectorSettings};

/// Why a record is set aside.
#[derive(Clone, Copy)]
pub(super) enum Failure {
    /// The store refuses its rows.
    Refused,
    /// It can't be read.
    Undecodable,
    /// An earlier event of the same order waits.
    BehindAnother,
}

impl Failure {
    const fn name(self) -> &'static str {
        match self {
            Self::Refused => "seriatim.StoreRefused",
            Self::Undecodable => "seriatim.UndecodableEvent",
            Self::BehindAnother => "seriatim.BehindAnother",
        }
    }
}

/// The retry topics of one partition, and the dead letters behind them.
pub(super) struct SetAside {
    /// `None` where what is set aside waits in the log already.
    log: Option<Arc<dyn EventLog>>,
    partition: Partition,
    tiers: Vec<Topic>,
    clock: Clock,
}

impl SetAside {
    pub(super) fn new(
        log: Arc<dyn EventLog>,
        partition: Partition,
        settings: &ProjectorSettings,
        clock: Clock,
    ) -> Self {
        let tiers: Vec<Topic> = settings.retry_tiers().map(|(topic, _)| topic).collect();
        // A counter that begins with its first failure does not show that one as growth.
        for topic in &tiers {
            count(topic, RetryTier::Retry(0), 0);
        }
        count(&ORDER_EVENTS_DEAD_LETTERS, RetryTier::Dead, 0);
        Self { log: Some(log), partition, tiers, clock }
    }

    /// For a store that is filled again: what it refuses was set aside when it was new, and is not once
    /// more. There is no tier but that of dead letters.
    pub(super) const fn already(partition: Partition) -> Self {
        Self { log: None, partition, tiers: Vec::new(), clock: Clock::System }
    }

    /// The tier after `tier`; after the last, the dead letters.
    pub(super) fn tier_after(&self, tier: Option<RetryTier>) -> RetryTier {
        let next = match tier {
            None => 0,
            Some(RetryTier::Retry(tier)) => tier + 1,
            Some(RetryTier::Dead) => return RetryTier::Dead,
        };
        if usize::from(next) < self.tiers.len() { RetryTier::Retry(next) } else { RetryTier::Dead }
    }

    /// Appends `record`, read from `topic`, to `tier`, and answers when that is durable.
    pub(super) async fn put(
        &self,
        record: &Record,
        topic: &Topic,
        tier: RetryTier,
        failure: Failure,
        cause: &str,
    ) -> Result<(), LogError> {
        let Some(log) = &self.log else { return Ok(()) };
        let to = self.topic(tier);
        let told = Told::of(record);
        let (order_id, trace_id) = (told.order_id(), told.trace_id());
        warn!(
            position = %record.position, from = %topic, %to, order_id, trace_id, cause,
            "setting an event aside"
        );
        let name = failure.name();
        let failed_at = self.clock.now();
        let aside = PutAside { record, topic, group: GROUP, failure: name, cause, failed_at };
        log.append_all(to, self.partition, vec![aside.to_record()]).await?;
        count(to, tier, 1);
        Ok(())
    }

    /// The topic of a tier. A tier that the settings no longer have is the dead letters.
    fn topic(&self, tier: RetryTier) -> &Topic {
        match tier {
            RetryTier::Retry(number) => {
                self.tiers.get(usize::from(number)).unwrap_or(&ORDER_EVENTS_DEAD_LETTERS)
            }
            RetryTier::Dead => &ORDER_EVENTS_DEAD_LETTERS,
        }
    }
}

/// Counts records that went to `topic`, of this tier.
fn count(topic: &Topic, tier: RetryTier, records: u64) {
    let name = match tier {
        RetryTier::Dead => "seriatim_dead_letters_total",
        RetryTier::Retry(_) => "seriatim_retries_total",
    };
    metrics::counter!(name, "topic" => topic.to_string()).increment(records);
}
