//! The headers of records that are put aside; [`event_log::dead_letters`] names them.

use bytes::Bytes;
use event_log::dead_letters::{
    ATTEMPTS, EXCEPTION_KIND, EXCEPTION_MESSAGE, EXCEPTION_PREFIX, HISTORY,
    ORIGINAL_CONSUMER_GROUP, ORIGINAL_OFFSET, ORIGINAL_PARTITION, ORIGINAL_TIMESTAMP,
    ORIGINAL_TIMESTAMP_TYPE, ORIGINAL_TOPIC, REDRIVE,
};
use event_log::{Headers, NewRecord, Record, Topic};
use order_domain::Timestamp;

/// The oldest attempts are dropped from the history beyond this many bytes.
const HISTORY_BYTES_MAX: usize = 8_192;
/// A cause is cut after this many bytes.
const CAUSE_BYTES_MAX: usize = 1_024;

/// Why and from where a record is put aside.
pub struct PutAside<'a> {
    /// The record as it was read.
    pub record: &'a Record,
    /// The topic it was read from.
    pub topic: &'a Topic,
    /// The consumer group that read it.
    pub group: &'a str,
    /// The kind of failure, as a dotted name that never changes.
    pub failure: &'static str,
    /// The failure in words.
    pub cause: &'a str,
    /// When it failed: log time or the worker's clock.
    pub failed_at: Timestamp,
}

impl PutAside<'_> {
    /// The record to append to a retry or dead letter topic: key, payload and headers as they were,
    /// the original position kept from the first failure on, and this attempt in the history.
    pub fn to_record(&self) -> NewRecord {
        let cause = cut(self.cause, CAUSE_BYTES_MAX);
        let attempts = attempts(&self.record.headers) + 1;
        let mut headers = Headers::new();
        for (name, value) in self.record.headers.iter() {
            let rewritten =
                name.starts_with(EXCEPTION_PREFIX) || [ATTEMPTS, HISTORY, REDRIVE].contains(&name);
            if !rewritten {
                headers.push(name.to_owned(), value.clone());
            }
        }
        if headers.get(ORIGINAL_TOPIC).is_none() {
            self.push_origin(&mut headers);
        }
        headers.push(EXCEPTION_KIND, self.failure);
        headers.push(EXCEPTION_MESSAGE, cause.to_owned());
        headers.push(ATTEMPTS, big_endian(&attempts.to_be_bytes()));
        headers.push(HISTORY, self.history(cause));
        NewRecord { key: self.record.key.clone(), payload: self.record.payload.clone(), headers }
    }

    fn push_origin(&self, headers: &mut Headers) {
        let position = self.record.position;
        headers.push(ORIGINAL_TOPIC, self.topic.as_str().to_owned());
        headers.push(ORIGINAL_PARTITION, big_endian(&position.partition.0.to_be_bytes()));
        headers.push(ORIGINAL_OFFSET, big_endian(&position.offset.0.to_be_bytes()));
        headers.push(ORIGINAL_TIMESTAMP, big_endian(&self.record.timestamp.0.to_be_bytes()));
        headers.push(ORIGINAL_TIMESTAMP_TYPE, "CreateTime");
        headers.push(ORIGINAL_CONSUMER_GROUP, self.group.to_owned());
    }

    fn history(&self, cause: &str) -> String {
        let one_line = cause.replace(['\n', '\r'], " ");
        let attempt = format!("{} {} {one_line}", self.failed_at.0, self.topic);
        let mut history = match self.record.headers.get_text(HISTORY) {
            Some(earlier) => format!("{earlier}\n{attempt}"),
            None => attempt,
        };
        while history.len() > HISTORY_BYTES_MAX {
            match history.split_once('\n') {
                Some((_, newer)) => history = newer.to_owned(),
                None => break,
            }
        }
        history
    }
}

/// How often the record has failed so far.
fn attempts(headers: &Headers) -> u32 {
    let bytes = headers.get(ATTEMPTS).and_then(|value| value.first_chunk::<4>().copied());
    bytes.map_or(0, u32::from_be_bytes)
}

fn big_endian(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use order_domain::{Offset, Partition, Position};

    use super::*;

    fn failed(record: &Record, topic: &Topic, cause: &str) -> NewRecord {
        let failed_at = Timestamp(1_700_000_000_000);
        let group = "seriatim-projector";
        let failure = "seriatim.StoreRefused";
        PutAside { record, topic, group, failure, cause, failed_at }.to_record()
    }

    fn read_again(record: NewRecord, offset: u64) -> Record {
        Record {
            position: Position::new(Partition(2), Offset(offset)),
            timestamp: Timestamp(9),
            key: record.key,
            payload: record.payload,
            headers: record.headers,
        }
    }

    #[test]
    fn the_origin_is_that_of_the_first_failure_and_the_history_grows() {
        let original = NewRecord {
            key: "shop/1".into(),
            payload: "{}".into(),
            headers: Headers::new().with("ce_type", "seriatim.Decision"),
        };
        let first = failed(&read_again(original, 77), &event_log::topics::ORDER_EVENTS, "no\nroom");
        let retry = Topic::new("order-events-retry-1000").unwrap();
        let second = failed(&read_again(first, 3), &retry, &"x".repeat(5_000));

        assert_eq!(second.key, "shop/1");
        assert_eq!(second.headers.get_text("ce_type"), Some("seriatim.Decision"));
        let header = |name: &str| second.headers.get(name).unwrap().to_vec();
        assert_eq!(header("kafka_dlt-original-topic"), b"order-events");
        assert_eq!(header("kafka_dlt-original-partition"), [0, 0, 0, 2]);
        assert_eq!(header("kafka_dlt-original-offset"), [0, 0, 0, 0, 0, 0, 0, 77]);
        assert_eq!(header("retry_topic-attempts"), [0, 0, 0, 2]);
        assert_eq!(header("kafka_dlt-exception-fqcn"), b"seriatim.StoreRefused");
        assert_eq!(header("kafka_dlt-exception-message").len(), 1_024);
        let history = second.headers.get_text("seriatim-attempt-history").unwrap();
        assert!(history.starts_with(
            "1700000000000 order-events no room\n1700000000000 order-events-retry-1000 xxx"
        ));
        let times = second.headers.iter().filter(|(name, _)| *name == "kafka_dlt-exception-fqcn");
        assert_eq!(times.count(), 1);
    }

    #[test]
    fn the_history_is_bounded() {
        let mut record = NewRecord::default();
        for offset in 0..50 {
            let topic = &event_log::topics::ORDER_EVENTS;
            record = failed(&read_again(record, offset), topic, &"y".repeat(900));
        }
        let history = record.headers.get_text("seriatim-attempt-history").unwrap();
        assert!(history.len() <= HISTORY_BYTES_MAX && history.lines().count() > 5);
    }
}
