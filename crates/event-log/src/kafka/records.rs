//! Between our records and librdkafka's messages.

use bytes::Bytes;
use order_domain::{Partition, Position, Timestamp};
use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Header, Headers as _, OwnedHeaders};

use super::clients::offset;
use crate::{Headers, Record};

/// The wall clock in milliseconds. An append stamps its record with it, as Kafka's own clients do.
pub(super) fn now() -> Timestamp {
    Timestamp(rdkafka::Timestamp::now().to_millis().unwrap_or_default())
}

pub(super) fn native_headers(headers: &Headers) -> Option<OwnedHeaders> {
    let headers = headers.iter();
    if headers.len() == 0 {
        return None;
    }
    let native = OwnedHeaders::new_with_capacity(headers.len());
    Some(headers.fold(native, |native, (key, value)| {
        native.insert(Header { key, value: Some(value.as_ref()) })
    }))
}

/// The message of `partition` as the log's record.
pub(super) fn record(partition: Partition, message: &BorrowedMessage<'_>) -> Record {
    // A message that was read has an offset that is not negative.
    let offset = offset(message.offset()).unwrap_or_default();
    Record {
        position: Position::new(partition, offset),
        timestamp: Timestamp(message.timestamp().to_millis().unwrap_or_default()),
        key: bytes(message.key()),
        payload: bytes(message.payload()),
        headers: message.headers().map(headers).unwrap_or_default(),
    }
}

fn headers(native: &rdkafka::message::BorrowedHeaders) -> Headers {
    native.iter().fold(Headers::new(), |headers, header| {
        headers.with(header.key.to_owned(), bytes(header.value))
    })
}

fn bytes(native: Option<&[u8]>) -> Bytes {
    native.map(Bytes::copy_from_slice).unwrap_or_default()
}
