//! The topics of Seriatim and how each is kept.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::LogError;

/// A topic's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Cow<'static, str>);

/// Commands, keyed by venue.
pub const ORDERS: Topic = Topic(Cow::Borrowed("orders"));
/// Decisions, each on the partition of its command.
pub const ORDER_EVENTS: Topic = Topic(Cow::Borrowed("order-events"));
/// Commands that could not be read.
pub const ORDERS_DEAD_LETTERS: Topic = Topic(Cow::Borrowed("orders-dlt"));
/// Events that could not be projected, however often it was tried.
pub const ORDER_EVENTS_DEAD_LETTERS: Topic = Topic(Cow::Borrowed("order-events-dlt"));
/// What was done about dead letters: which were sent again, and which are done with. One partition.
pub const DEAD_LETTER_MARKS: Topic = Topic(Cow::Borrowed("dlt-marks"));

impl Topic {
    /// The longest name, in bytes (Kafka's bound).
    pub const LENGTH_MAX: usize = 249;

    /// Checks `name` (1 to 249 of letters, digits, `.`, `_`, `-`, as in Kafka) and takes it.
    pub fn new(name: impl Into<String>) -> Result<Self, LogError> {
        let name = name.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let fits = (1..=Self::LENGTH_MAX).contains(&name.len()) && name != "." && name != "..";
        if fits && name.bytes().all(allowed) {
            Ok(Self(Cow::Owned(name)))
        } else {
            Err(LogError::Configuration(format!("{name:?} is no topic name")))
        }
    }

    /// Events that wait `delay` before they are tried again: `order-events-retry-<ms>`.
    pub fn order_events_retry(delay: Duration) -> Self {
        Self(Cow::Owned(format!("order-events-retry-{}", delay.as_millis())))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a topic is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub topic: Topic,
    /// How many partitions, at least 1. A topic that exists keeps the number it has.
    pub partitions: u32,
    /// How long records stay.
    pub retention: Retention,
}

/// How long records stay. Whatever bound is reached first lets the oldest go; `None` is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Retention {
    /// By age.
    pub age: Option<Duration>,
    /// By size, in bytes of payload a partition: what is older than the newest so many may go. It
    /// goes in pieces, as soon as what is left is still as much. The embedded log counts a topic's
    /// partitions together, as often this as there are partitions.
    pub bytes: Option<u64>,
}

/// A consumer group: its members share a topic's partitions, each partition to one member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub String);

/// A member of a consumer group. Stable over restarts, so that a quick restart moves nothing
/// (Kafka's static membership, KIP-345).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub String);

/// Every topic of the flow: the commands, the decisions, both dead letter topics, and a retry topic
/// for each delay. All have the same partitions, because a record keeps its partition all the way.
pub fn flow(partitions: u32, retention: Retention, retry_delays: &[Duration]) -> Vec<TopicSpec> {
    let fixed = [ORDERS, ORDER_EVENTS, ORDERS_DEAD_LETTERS, ORDER_EVENTS_DEAD_LETTERS];
    let retries = retry_delays.iter().map(|delay| Topic::order_events_retry(*delay));
    let spec = |topic| TopicSpec { topic, partitions, retention };
    fixed.into_iter().chain(retries).map(spec).collect()
}
