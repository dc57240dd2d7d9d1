//! What a dead letter's headers tell of its failure, in the dialects of those who write such.
//!
//! | who writes them | names | numbers |
//! |---|---|---|
//! | Spring Kafka, and Seriatim | `kafka_dlt-...`, `retry_topic-attempts` | big-endian |
//! | Kafka Connect (KIP-298) | `__connect.errors.` `topic`, `partition`, `offset`, `connector.name`, `task.id`, `stage`, `class.name`, `exception.class.name`, `exception.message`, `exception.stacktrace` | text |
//! | Kafka's share groups (KIP-1191) | `__dlq.errors.` `topic`, `partition`, `offset`, `group`, `delivery.count`, `message` | text |
//!
//! Sources: `KafkaHeaders` and `DeadLetterPublishingRecoverer` of Spring for Apache Kafka;
//! `DeadLetterQueueReporter` of Kafka's Connect runtime; KIP-1191 and Kafka's
//! `ShareGroupDLQRecordHelper`.

use std::str::FromStr;

use event_log::dead_letters::{
    ATTEMPTS, EXCEPTION_KIND, EXCEPTION_MESSAGE, HISTORY, ORIGINAL_CONSUMER_GROUP, ORIGINAL_OFFSET,
    ORIGINAL_PARTITION, ORIGINAL_TIMESTAMP, ORIGINAL_TOPIC, SPRING_PREFIX,
};
use event_log::{Headers, Topic};
use order_domain::{Offset, Partition, Position, Timestamp};

use super::place::Place;

const CONNECT_PREFIX: &str = "__connect.errors.";
const CONNECT_TOPIC: &str = "__connect.errors.topic";
const SHARE_GROUP_PREFIX: &str = "__dlq.errors.";
const SHARE_GROUP_TOPIC: &str = "__dlq.errors.topic";
/// Spring's, of the failure behind a wrapping one.
const SPRING_CAUSE_KIND: &str = "kafka_dlt-exception-cause-fqcn";
const SPRING_STACK_TRACE: &str = "kafka_dlt-exception-stacktrace";
/// Spring's retry topics keep times of their own under this prefix.
const SPRING_RETRY_PREFIX: &str = "retry_topic-";

/// Who wrote the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Spring Kafka, or Seriatim.
    Spring,
    /// A sink connector of Kafka Connect.
    Connect,
    /// The broker, for a share group.
    ShareGroup,
}

/// What the headers tell; each part only where they do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Who wrote them.
    pub dialect: Option<Dialect>,
    /// The topic in which the record stood before.
    pub topic: Option<Topic>,
    /// Its partition there.
    pub partition: Option<Partition>,
    /// Its offset there.
    pub offset: Option<Offset>,
    /// Its time there.
    pub timestamp: Option<Timestamp>,
    /// The consumer group or connector that could not deal with it.
    pub reader: Option<String>,
    /// The kind of failure, such as a class.
    pub kind: Option<String>,
    /// The failure in words.
    pub message: Option<String>,
    /// Where in the reader's code it happened.
    pub stack_trace: Option<String>,
    /// How often the record was tried.
    pub attempts: Option<u64>,
    /// Each attempt, oldest first.
    pub history: Vec<Attempt>,
}

/// One failure of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The topic that the record was read from.
    pub topic: String,
    /// Why, in words.
    pub cause: String,
}

impl Failure {
    /// Reads the headers. Those of whoever wrote last count.
    pub fn of(headers: &Headers) -> Self {
        let written = [
            (ORIGINAL_TOPIC, Dialect::Spring),
            (CONNECT_TOPIC, Dialect::Connect),
            (SHARE_GROUP_TOPIC, Dialect::ShareGroup),
        ];
        let names: Vec<&str> = headers.iter().map(|(name, _)| name).collect();
        let last = |topic: &str| names.iter().rposition(|name| *name == topic);
        let newest = written.iter().filter_map(|(topic, dialect)| Some((last(topic)?, *dialect)));
        match newest.max_by_key(|(index, _)| *index) {
            Some((_, Dialect::Spring)) => Self::of_spring(headers),
            Some((_, Dialect::Connect)) => Self::of_connect(headers),
            Some((_, Dialect::ShareGroup)) => Self::of_share_group(headers),
            None => Self::default(),
        }
    }

    /// Spring appends, where a record fails again, and the first value is where it came from.
    fn of_spring(headers: &Headers) -> Self {
        let number = |name| first(headers, name).and_then(binary);
        Self {
            dialect: Some(Dialect::Spring),
            topic: first_text(headers, ORIGINAL_TOPIC).and_then(topic),
            partition: number(ORIGINAL_PARTITION).and_then(partition),
            offset: number(ORIGINAL_OFFSET).map(Offset),
            timestamp: number(ORIGINAL_TIMESTAMP).map(|ms| Timestamp(ms.cast_signed())),
            reader: first_text(headers, ORIGINAL_CONSUMER_GROUP).map(str::to_owned),
            kind: text(headers, SPRING_CAUSE_KIND).or_else(|| text(headers, EXCEPTION_KIND)),
            message: text(headers, EXCEPTION_MESSAGE),
            stack_trace: text(headers, SPRING_STACK_TRACE),
            attempts: headers.get(ATTEMPTS).and_then(|bytes| binary(bytes)),
            history: headers.get_text(HISTORY).map(history).unwrap_or_default(),
        }
    }

    fn of_connect(headers: &Headers) -> Self {
        let name = |part: &str| format!("{CONNECT_PREFIX}{part}");
        let number = |part| parsed::<u64>(headers, &name(part));
        let task = text(headers, &name("task.id")).unwrap_or_default();
        Self {
            dialect: Some(Dialect::Connect),
            topic: text(headers, CONNECT_TOPIC).as_deref().and_then(topic),
            partition: number("partition").and_then(partition),
            offset: number("offset").map(Offset),
            reader: text(headers, &name("connector.name"))
                .map(|connector| format!("connector {connector}, task {task}")),
            kind: text(headers, &name("exception.class.name")),
            message: text(headers, &name("exception.message")),
            stack_trace: text(headers, &name("exception.stacktrace")),
            ..Self::default()
        }
    }

    fn of_share_group(headers: &Headers) -> Self {
        let name = |part: &str| format!("{SHARE_GROUP_PREFIX}{part}");
        let number = |part| parsed::<u64>(headers, &name(part));
        Self {
            dialect: Some(Dialect::ShareGroup),
            topic: text(headers, SHARE_GROUP_TOPIC).as_deref().and_then(topic),
            partition: number("partition").and_then(partition),
            offset: number("offset").map(Offset),
            reader: text(headers, &name("group")),
            message: text(headers, &name("message")),
            attempts: number("delivery.count"),
            ..Self::default()
        }
    }

    /// Where the record stood before, where all of it is told.
    pub fn origin(&self) -> Option<Place> {
        let position = Position::new(self.partition?, self.offset?);
        Some(Place::new(self.topic.as_ref()?, position))
    }

    /// Why, in one line.
    pub fn cause(&self) -> String {
        match (&self.kind, &self.message) {
            (Some(kind), Some(message)) => format!("{kind}: {message}"),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => "unknown: no header tells".to_owned(),
        }
    }
}

/// Whether a header is about a dead letter, and not the record's own.
pub fn is_about_failure(name: &str) -> bool {
    let prefixes = [SPRING_PREFIX, SPRING_RETRY_PREFIX, CONNECT_PREFIX, SHARE_GROUP_PREFIX];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || name == HISTORY
}

fn first<'a>(headers: &'a Headers, name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_ref())
}

fn first_text<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    first(headers, name).and_then(|value| std::str::from_utf8(value).ok())
}

fn text(headers: &Headers, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

fn parsed<T: FromStr>(headers: &Headers, name: &str) -> Option<T> {
    headers.get_text(name).and_then(|value| value.parse().ok())
}

/// A number as Spring writes it, in 1, 4 or 8 bytes; or as text, as others do who mean the same.
pub(super) fn binary(bytes: &[u8]) -> Option<u64> {
    match bytes.len() {
        1 if !bytes[0].is_ascii_digit() => Some(u64::from(bytes[0])),
        4 | 8 => Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))),
        _ => std::str::from_utf8(bytes).ok()?.parse().ok(),
    }
}

fn topic(name: &str) -> Option<Topic> {
    Topic::new(name).ok()
}

fn partition(number: u64) -> Option<Partition> {
    u32::try_from(number).ok().map(Partition)
}

fn history(lines: &str) -> Vec<Attempt> {
    let attempt = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let at = Timestamp(parts.next()?.parse().ok()?);
        let topic = parts.next()?.to_owned();
        Some(Attempt { at, topic, cause: parts.next().unwrap_or_default().to_owned() })
    };
    lines.lines().filter_map(attempt).collect()
}

#[cfg(test)]
mod tests;
