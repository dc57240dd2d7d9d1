//! What was done about dead letters, on the log itself: the topic `dlt-marks`.
//!
//! A dead letter is never changed or deleted where it stands. What happens to it is a *mark*, a
//! record of a topic with one partition, so that all marks have one order. As JSON:
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

use std::collections::HashMap;

use event_log::topics::DEAD_LETTER_MARKS;
use event_log::{EventLog, LogError, NewRecord, Retention, TopicSpec};
use order_domain::{Offset, Partition, RecordMark};
use serde::{Deserialize, Serialize};

use super::letter::Letter;
use super::place::Place;
use super::stretch::Stretch;

/// The version of marks that this build writes, and the newest that it reads.
const VERSION: u32 = 1;

/// The marks' only partition.
const PARTITION: Partition = Partition(0);

/// How many letters one mark names at most: it stays far below the largest record.
pub(super) const LETTERS_MAX: usize = 1_000;

/// A letter, and what it is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Named {
    /// Where it stands.
    pub(super) place: Place,
    /// The hash of its record.
    #[serde(with = "as_text")]
    pub(super) mark: RecordMark,
}

/// What is about to be sent to one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Leg {
    /// Where that partition ends: what is sent stands there or behind.
    pub(super) to: Place,
    /// What is sent, in this order.
    pub(super) letters: Vec<Named>,
}

/// A letter that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SentLetter {
    pub(super) letter: Named,
    /// Where it stands now.
    pub(super) at: Place,
}

/// One record of the topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(super) enum Mark {
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

/// What the marks say of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was about to be sent when whoever sent it was stopped. If it was, it stands in this
    /// partition, here or behind.
    InDoubt { from: Place },
    /// It was sent, and stands here.
    Sent { at: Place },
    /// Somebody is done with it.
    Purged,
}

/// Why marks can't be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum MarksError {
    /// The log itself fails.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A record of the topic is no mark that this build knows.
    #[error(
        "{place} is no mark that this build can read ({cause}): a newer one may have written it"
    )]
    Unreadable { place: Place, cause: String },
    /// Another desk writes marks at the same time.
    #[error("another desk works on this log, so this one stops; run it again later")]
    NotAlone,
}

/// All marks up to a moment.
#[derive(Debug, Default)]
pub(super) struct Marks {
    fates: HashMap<Place, (RecordMark, Fate)>,
    /// Where the next mark will stand if nobody else writes.
    next: Offset,
}

impl Named {
    /// A letter by its name.
    pub(super) fn of(letter: &Letter) -> Self {
        Self { place: letter.place.clone(), mark: letter.mark() }
    }
}

impl Marks {
    /// Reads all; none where the topic is not there yet.
    pub(super) async fn read(log: &dyn EventLog) -> Result<Self, MarksError> {
        let mut marks = Self::default();
        match log.partition_count(&DEAD_LETTER_MARKS).await {
            Err(LogError::NoSuchTopic(_)) => return Ok(marks),
            counted => counted?,
        };
        let mut stretch = Stretch::whole(log, &DEAD_LETTER_MARKS, PARTITION).await?.complete();
        marks.next = stretch.end();
        while let Some(records) = stretch.next().await? {
            for record in records {
                let read = from_json(&record.payload).map_err(|cause| {
                    let place = Place::new(&DEAD_LETTER_MARKS, record.position);
                    MarksError::Unreadable { place, cause }
                });
                marks.apply(read?);
            }
        }
        Ok(marks)
    }

    /// Makes the topic where it is not there yet.
    pub(super) async fn create(log: &dyn EventLog) -> Result<(), LogError> {
        let retention = Retention::default();
        let spec = TopicSpec { topic: DEAD_LETTER_MARKS, partitions: 1, retention };
        log.create_topics(&[spec]).await
    }

    /// Writes one more, and answers when it is durable. It must come right behind the last one that
    /// is known here: otherwise somebody else has decided something in the meantime.
    pub(super) async fn add(&mut self, log: &dyn EventLog, mark: Mark) -> Result<(), MarksError> {
        let record = NewRecord { payload: to_json(&mark).into(), ..NewRecord::default() };
        let added = log.append_all(&DEAD_LETTER_MARKS, PARTITION, vec![record]).await?;
        if added.iter().any(|added| added.position.offset != self.next) {
            return Err(MarksError::NotAlone);
        }
        self.next = self.next.next();
        self.apply(mark);
        Ok(())
    }

    /// What became of the letter at `place` whose record is known by `mark`.
    pub(super) fn fate(&self, place: &Place, mark: RecordMark) -> Option<&Fate> {
        let (of, fate) = self.fates.get(place)?;
        (*of == mark).then_some(fate)
    }

    /// The letters of which nobody knows yet whether they were sent, by where they would stand.
    pub(super) fn in_doubt(&self) -> Vec<(Place, Vec<Named>)> {
        let mut legs: HashMap<&Place, Vec<Named>> = HashMap::new();
        for (place, (mark, fate)) in &self.fates {
            if let Fate::InDoubt { from } = fate {
                let named = Named { place: place.clone(), mark: *mark };
                legs.entry(from).or_default().push(named);
            }
        }
        let mut legs: Vec<_> =
            legs.into_iter().map(|(from, letters)| (from.clone(), letters)).collect();
        legs.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        legs
    }

    fn apply(&mut self, mark: Mark) {
        let mut set = |Named { place, mark }, fate| self.fates.insert(place, (mark, fate));
        match mark {
            Mark::Sending { legs } => {
                for Leg { to: from, letters } in legs {
                    for letter in letters {
                        set(letter, Fate::InDoubt { from: from.clone() });
                    }
                }
            }
            Mark::Sent { letters } => {
                for SentLetter { letter, at } in letters {
                    set(letter, Fate::Sent { at });
                }
            }
            Mark::Purged { letters } => {
                for letter in letters {
                    set(letter, Fate::Purged);
                }
            }
            Mark::Unsent { letters } => {
                for letter in letters {
                    self.fates.remove(&letter.place);
                }
            }
        }
    }
}

fn to_json(mark: &Mark) -> Vec<u8> {
    let envelope = Envelope { version: VERSION, mark: mark.clone() };
    serde_json::to_vec(&envelope).expect("marks have string keys only")
}

fn from_json(payload: &[u8]) -> Result<Mark, String> {
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
mod tests {
    use super::*;

    fn named(place: &str) -> Named {
        Named { place: place.parse().unwrap(), mark: RecordMark(0x00ab_cdef_0123_4567) }
    }

    fn sending() -> Mark {
        let to = "orders/0:1042".parse().unwrap();
        Mark::Sending { legs: vec![Leg { to, letters: vec![named("orders-dlt/0:17")] }] }
    }

    fn sent() -> Mark {
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

    #[test]
    fn the_last_mark_counts_and_a_letter_is_in_doubt_until_it_is_known_what_came_of_it() {
        let letter = named("orders-dlt/0:17");
        let fate = |marks: &Marks| marks.fate(&letter.place, letter.mark).cloned();
        let mut marks = Marks::default();
        assert_eq!(fate(&marks), None);
        marks.apply(sending());
        let from: Place = "orders/0:1042".parse().unwrap();
        assert_eq!(fate(&marks), Some(Fate::InDoubt { from: from.clone() }));
        assert_eq!(marks.in_doubt(), [(from, vec![letter.clone()])]);
        marks.apply(Mark::Unsent { letters: vec![letter.clone()] });
        assert_eq!(fate(&marks), None);
        marks.apply(sending());
        marks.apply(sent());
        assert_eq!(fate(&marks), Some(Fate::Sent { at: "orders/0:1043".parse().unwrap() }));
        assert_eq!(marks.in_doubt(), []);
    }

    #[test]
    fn another_record_at_the_same_place_is_another_letter() {
        let mut marks = Marks::default();
        marks.apply(sent());
        let place = "orders-dlt/0:17".parse().unwrap();
        assert_eq!(marks.fate(&place, RecordMark(1)), None);
    }
}
