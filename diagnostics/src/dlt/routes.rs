//! Where a dead letter goes when it is sent again, and as what record.

use std::collections::HashMap;

use event_log::dead_letters::REDRIVE;
use event_log::topics::{ORDER_EVENTS_DEAD_LETTERS, ORDERS, ORDERS_DEAD_LETTERS};
use event_log::{
    EventLog, Headers, LogError, NewRecord, RECORD_BYTES_MAX, Topic, partition_of_key,
};
use order_domain::Partition;

use super::failure::is_about_failure;
use super::ledger::OWN_HEADERS;
use super::letter::Letter;
use super::understanding::{self, Understanding};

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Route {
    pub(super) topic: Topic,
    pub(super) partition: Partition,
}

/// A letter that can be sent: where to, and as what record.
pub(super) struct Sendable {
    pub(super) route: Route,
    pub(super) record: NewRecord,
}

/// Why a letter can't be sent again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum NoRoute {
    #[error("no header tells which topic they came from; --to names one")]
    UnknownOrigin,
    #[error("topic {0}, where they would go, does not exist")]
    NoSuchTopic(String),
    #[error("no retry topic is configured (projector.retry_delays_ms), where they would go")]
    NoRetryTopic,
    #[error(
        "only their headers were kept (KIP-1191), and the records are gone from where they failed"
    )]
    NotCopied,
    #[error("with the header {REDRIVE} they are larger than a record may be")]
    TooLarge,
    #[error("this build can't read them, so they would fail again; --even-unreadable sends them")]
    Unreadable,
}

/// Knows every letter's way.
pub(super) struct Routes {
    to: Option<Topic>,
    first_retry: Option<Topic>,
    even_unreadable: bool,
    partitions: HashMap<Topic, Option<u32>>,
}

impl Routes {
    /// Letters go to `to`, where that is given. Events of Seriatim's otherwise go to `first_retry`.
    pub(super) fn new(
        to: Option<Topic>,
        first_retry: Option<Topic>,
        even_unreadable: bool,
    ) -> Self {
        Self { to, first_retry, even_unreadable, partitions: HashMap::new() }
    }

    /// Where a letter goes. An outer error is the log's.
    pub(super) async fn of(
        &mut self,
        log: &dyn EventLog,
        letter: &mut Letter,
    ) -> Result<Result<Sendable, NoRoute>, LogError> {
        letter.look_up(log).await?;
        let Some(mut record) = redriven(letter) else { return Ok(Err(NoRoute::NotCopied)) };
        let topic = match self.target(letter) {
            Ok(topic) => topic,
            Err(none) => return Ok(Err(none)),
        };
        let Some(count) = self.partition_count(log, &topic).await? else {
            return Ok(Err(NoRoute::NoSuchTopic(topic.to_string())));
        };
        let understanding = understanding::of(letter);
        if matches!(understanding, Understanding::Fails(_)) && !self.even_unreadable {
            return Ok(Err(NoRoute::Unreadable));
        }
        // Whatever key it had: two engines would each decide an order that came to both.
        if let Some(venue) = understanding.venue() {
            record.key = venue.as_str().to_owned().into();
        }
        if record.size() > RECORD_BYTES_MAX {
            return Ok(Err(NoRoute::TooLarge));
        }
        let partition = partition(letter, &record.key, &understanding, count);
        Ok(Ok(Sendable { route: Route { topic, partition }, record }))
    }

    fn target(&self, letter: &Letter) -> Result<Topic, NoRoute> {
        if let Some(to) = &self.to {
            return Ok(to.clone());
        }
        match &letter.place.topic {
            topic if *topic == ORDERS_DEAD_LETTERS => Ok(ORDERS),
            topic if *topic == ORDER_EVENTS_DEAD_LETTERS => {
                self.first_retry.clone().ok_or(NoRoute::NoRetryTopic)
            }
            _ => letter.failure.topic.clone().ok_or(NoRoute::UnknownOrigin),
        }
    }

    /// `None` where there is no such topic.
    async fn partition_count(
        &mut self,
        log: &dyn EventLog,
        topic: &Topic,
    ) -> Result<Option<u32>, LogError> {
        if let Some(known) = self.partitions.get(topic) {
            return Ok(*known);
        }
        let count = match log.partition_count(topic).await {
            Ok(count) => Some(count),
            Err(LogError::NoSuchTopic(_)) => None,
            Err(error) => return Err(error),
        };
        self.partitions.insert(topic.clone(), count);
        Ok(count)
    }
}

/// An event stays on its partition, since its order is parked there. A command goes where its venue
/// is decided, which an edit may have changed. Anything else goes back to where it came from, as far
/// as that is known and still there.
fn partition(letter: &Letter, key: &[u8], understanding: &Understanding, count: u32) -> Partition {
    let by_key = || partition_of_key(key, count);
    let own = letter.record.position.partition;
    let wanted = match understanding {
        Understanding::Command(_) => return by_key(),
        _ if letter.place.topic == ORDER_EVENTS_DEAD_LETTERS => Some(own),
        _ => letter.failure.partition,
    };
    wanted.filter(|partition| partition.0 < count).unwrap_or_else(by_key)
}

/// The record that is sent: key and payload as they are, and a header that names the dead letter;
/// `None` where the record is not there. Seriatim's own keep what their headers tell, so that a
/// further failure adds to their history. Others lose it: who reads them takes it for part of the
/// record.
fn redriven(letter: &Letter) -> Option<NewRecord> {
    let record = letter.content()?;
    let ours = [ORDERS_DEAD_LETTERS, ORDER_EVENTS_DEAD_LETTERS].contains(&letter.place.topic);
    let mut headers = Headers::new();
    for (name, value) in record.headers.iter() {
        let desks_own = OWN_HEADERS.contains(&name) || name == REDRIVE;
        if !desks_own && (ours || !is_about_failure(name)) {
            headers.push(name.to_owned(), value.clone());
        }
    }
    headers.push(REDRIVE, letter.place.to_string());
    Some(NewRecord { key: record.key.clone(), payload: record.payload.clone(), headers })
}
