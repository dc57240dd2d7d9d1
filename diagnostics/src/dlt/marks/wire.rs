//! Marks as JSON, one a record:
//!
//! ```text
//! {"version":1,"type":"Sending","data":{"legs":[{"to":"orders/0:1042","letters":[LETTER,..]}]}}
//! {"version":1,"type":"Sent","data":{"letters":[{"letter":LETTER,"at":"orders/0:1042"},..]}}
//! {"version":1,"type":"Unsent","data":{"letters":[LETTER,..]}}
//! {"version":1,"type":"Purged","data":{"letters":[LETTER,..]}}
//! ```
//!
//! `LETTER` is `{"place":"orders-dlt/0:17","mark":"00abcdef01234567"}`. The mark is a hash of the
//! record: in a topic that was deleted and made anew, another letter at the same place is another.
//! `Sending` is written before letters are sent, and says where each partition of the target ended
//! then; `Sent` or `Unsent` follows when it is known what came of it.

use order_domain::RecordMark;
use serde::{Deserialize, Serialize};

use crate::dlt::letter::Letter;
use crate::dlt::place::Place;

/// The version of marks that this build writes, and the newest that it reads.
const VERSION: u32 = 1;

/// A letter, and what it is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::dlt) struct Named {
    /// Where it stands.
    pub(in crate::dlt) place: Place,
    /// The hash of its record.
    #[serde(with = "as_text")]
    pub(in crate::dlt) mark: RecordMark,
}

/// What is about to be sent to one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::dlt) struct Leg {
    /// Where that partition ends: what is sent stands there or behind.
    pub(in crate::dlt) to: Place,
    /// What is sent, in this order.
    pub(in crate::dlt) letters: Vec<Named>,
}

/// A letter that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::dlt) struct SentLetter {
    pub(in crate::dlt) letter: Named,
    /// Where it stands now.
    pub(in crate::dlt) at: Place,
}

/// One record of the topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(in crate::dlt) enum Mark {
    /// These letters are about to be sent.
    Sending { legs: Vec<Leg> },
    /// These were.
    Sent { letters: Vec<SentLetter> },
    /// These were about to be sent, and it is certain that they were not.
    Unsent { letters: Vec<Named> },
    /// Somebody is done with these.
    Purged { letters: Vec<Named> },
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    version: u32,
    #[serde(flatten)]
    mark: Mark,
}

impl Named {
    /// A letter by its name.
    pub(in crate::dlt) fn of(letter: &Letter) -> Self {
        Self { place: letter.place.clone(), mark: letter.mark() }
    }
}

/// A mark as the payload of a record.
pub(super) fn to_json(mark: &Mark) -> Vec<u8> {
    let envelope = Envelope { version: VERSION, mark: mark.clone() };
    serde_json::to_vec(&envelope).expect("marks have string keys only")
}

/// Reads a record's payload; the error says what is wrong with it.
pub(super) fn from_json(payload: &[u8]) -> Result<Mark, String> {
    let envelope: Envelope = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    if envelope.version == VERSION {
        Ok(envelope.mark)
    } else {
        Err(format!("its version is {}, this build's is {VERSION}", envelope.version))
    }
}

/// A mark in JSON is the text that it has elsewhere.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn named(place: &str) -> Named {
        Named { place: place.parse().unwrap(), mark: RecordMark(0x00ab_cdef_0123_4567) }
    }

    pub fn sending() -> Mark {
        let to = "orders/0:1042".parse().unwrap();
        Mark::Sending { legs: vec![Leg { to, letters: vec![named("orders-dlt/0:17")] }] }
    }

    pub fn sent() -> Mark {
        let at = "orders/0:1043".parse().unwrap();
        Mark::Sent { letters: vec![SentLetter { letter: named("orders-dlt/0:17"), at }] }
    }

    #[test]
    fn what_marks_look_like_never_changes() {
        let letter = r#"{"place":"orders-dlt/0:17","mark":"00abcdef01234567"}"#;
        let letters = || vec![named("orders-dlt/0:17")];
        for (mark, data) in [
            (
                sending(),
                format!(
                    r#""Sending","data":{{"legs":[{{"to":"orders/0:1042","letters":[{letter}]}}]}}"#
                ),
            ),
            (
                sent(),
                format!(
                    r#""Sent","data":{{"letters":[{{"letter":{letter},"at":"orders/0:1043"}}]}}"#
                ),
            ),
            (
                Mark::Unsent { letters: letters() },
                format!(r#""Unsent","data":{{"letters":[{letter}]}}"#),
            ),
            (
                Mark::Purged { letters: letters() },
                format!(r#""Purged","data":{{"letters":[{letter}]}}"#),
            ),
        ] {
            let json = format!(r#"{{"version":1,"type":{data}}}"#);
            assert_eq!(String::from_utf8(to_json(&mark)).unwrap(), json);
            assert_eq!(from_json(json.as_bytes()), Ok(mark));
        }
    }

    #[test]
    fn a_mark_of_a_newer_build_is_refused() {
        let newer = r#"{"version":2,"type":"Purged","data":{"letters":[]}}"#;
        assert_eq!(from_json(newer.as_bytes()), Err("its version is 2, this build's is 1".into()));
        let unknown = r#"{"version":1,"type":"Burnt","data":{"letters":[]}}"#;
        assert!(from_json(unknown.as_bytes()).unwrap_err().contains("Burnt"));
    }
}
