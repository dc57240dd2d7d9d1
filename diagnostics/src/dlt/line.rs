//! A dead letter as a line of JSON: what `export` writes and `import` reads.
//!
//! ```text
//! {"letter":"orders-dlt/0:17","mark":"00abcdef01234567","state":"waiting",
//!  "time":"2026-11-20T08:00:00.000Z","key":BYTES,"headers":[["name",BYTES],..],"payload":BYTES}
//! ```
//!
//! `BYTES` is a string where they are UTF-8, and `{"base64":"/wA="}` where they are not, so every
//! byte comes back. What Kafka has as null comes as the empty string: the log makes no difference.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use event_log::{Headers, NewRecord};
use order_domain::RecordMark;
use serde::{Deserialize, Serialize};

use super::ledger::{State, StateName};
use super::letter::Letter;
use super::place::Place;
use crate::text::time;

/// A line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// Where it stood.
    pub(super) letter: Place,
    /// What its record was known by there.
    pub(super) mark: String,
    /// What had become of it; for readers only.
    #[serde(default, skip_deserializing)]
    state: Option<StateName>,
    /// When it became a dead letter; for readers only.
    #[serde(default)]
    time: String,
    key: Bytes,
    headers: Vec<(String, Bytes)>,
    payload: Bytes,
}

/// Bytes, as text where they are some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Bytes {
    Text(String),
    Binary { base64: String },
}

impl Bytes {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Binary { base64: BASE64_STANDARD.encode(bytes) },
        }
    }

    fn bytes(&self) -> Result<bytes::Bytes, base64::DecodeError> {
        match self {
            Self::Text(text) => Ok(text.clone().into()),
            Self::Binary { base64 } => BASE64_STANDARD.decode(base64).map(Into::into),
        }
    }
}

impl Line {
    pub(super) fn of(letter: &Letter, state: &State) -> Self {
        let headers = letter.record.headers.iter();
        Self {
            letter: letter.place.clone(),
            mark: letter.mark().to_string(),
            state: Some(state.name()),
            time: time(letter.record.timestamp),
            key: Bytes::of(&letter.record.key),
            headers: headers.map(|(name, value)| (name.to_owned(), Bytes::of(value))).collect(),
            payload: Bytes::of(&letter.record.payload),
        }
    }

    /// Reads a line; the error says what is wrong with it.
    pub(super) fn read(line: &str) -> Result<Self, String> {
        let line: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let mark: Result<RecordMark, _> = line.mark.parse();
        mark.map_err(|error| error.to_string())?;
        Ok(line)
    }

    /// The record that the letter was.
    pub(super) fn record(&self) -> Result<NewRecord, String> {
        let broken = |error: base64::DecodeError| format!("broken base64: {error}");
        let mut headers = Headers::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            headers.push(name.clone(), value.bytes().map_err(broken)?);
        }
        let (key, payload) = (self.key.bytes(), self.payload.bytes());
        Ok(NewRecord { key: key.map_err(broken)?, payload: payload.map_err(broken)?, headers })
    }
}

#[cfg(test)]
mod tests {
    use event_log::Record;
    use order_domain::{Offset, Partition, Position, Timestamp};

    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let record = Record {
            position: Position::new(Partition(0), Offset(17)),
            timestamp: Timestamp(1_700_000_000_000),
            key: "shop/0".into(),
            payload: vec![0xff, 0x00].into(),
            headers: Headers::new().with("a", vec![0, 0, 0, 200]).with("a", "b\n"),
        };
        let letter = Letter::of(&event_log::topics::ORDERS_DEAD_LETTERS, record.clone());
        let json = serde_json::to_string(&Line::of(&letter, &State::Waiting)).unwrap();
        let mark = record.mark();
        let expected = format!(
            r#"{{"letter":"orders-dlt/0:17","mark":"{mark}","state":"waiting","time":"2023-11-14T22:13:20.000Z","key":"shop/0","headers":[["a",{{"base64":"AAAAyA=="}}],["a","b\n"]],"payload":{{"base64":"/wA="}}}}"#
        );
        assert_eq!(json, expected);
        let read = Line::read(&json).unwrap().record().unwrap();
        let Record { key, payload, headers, .. } = record;
        assert_eq!(read, NewRecord { key, payload, headers });
    }

    #[test]
    fn what_is_no_line_is_told() {
        assert!(Line::read("{}").unwrap_err().contains("missing field `letter`"));
        let wrong = r#"{"letter":"orders-dlt/0:17","mark":"1","key":"","headers":[],"payload":""}"#;
        assert!(Line::read(wrong).unwrap_err().contains("16 hex digits"));
    }
}
