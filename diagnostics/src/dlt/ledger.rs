//! What has become of each dead letter.

use std::collections::HashMap;
use std::fmt;

use clap::ValueEnum;
use event_log::EventLog;
use event_log::Topic;
use order_domain::Partition;
use serde::Serialize;

use super::letter::{EDIT_OF, IMPORTED, Letter};
use super::marks::{Fate, Marks};
use super::place::Place;
use crate::stretch::Stretch;

/// What has become of a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing yet: it can be sent again.
    Waiting,
    /// It was sent again, and stands here.
    Redriven { at: Place },
    /// A desk was stopped while it was sending it. The next redrive finds out.
    InDoubt { from: Place },
    /// An edited copy has taken its place.
    Edited { copy: Place },
    /// The same record failed once and was written twice, by a program that crashed in between.
    Repeated { first: Place },
    /// Somebody is done with it.
    Purged,
}

/// The states by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateName {
    /// Can be sent again.
    Waiting,
    /// Was sent again.
    Redriven,
    /// A desk was stopped while it was sending it; the next redrive finds out.
    InDoubt,
    /// Replaced by an edited copy.
    Edited,
    /// The same dead letter once more, written by a program that crashed in between.
    Repeated,
    /// Done with.
    Purged,
}

impl State {
    /// Its name.
    pub(super) const fn name(&self) -> StateName {
        match self {
            Self::Waiting => StateName::Waiting,
            Self::Redriven { .. } => StateName::Redriven,
            Self::InDoubt { .. } => StateName::InDoubt,
            Self::Edited { .. } => StateName::Edited,
            Self::Repeated { .. } => StateName::Repeated,
            Self::Purged => StateName::Purged,
        }
    }

    /// The place that it names, if it names one.
    pub(super) const fn place(&self) -> Option<&Place> {
        match self {
            Self::Waiting | Self::Purged => None,
            Self::Redriven { at: place }
            | Self::InDoubt { from: place }
            | Self::Edited { copy: place }
            | Self::Repeated { first: place } => Some(place),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Redriven { at } => write!(f, "redriven to {at}"),
            Self::InDoubt { from } => write!(f, "in doubt, perhaps at {from} or behind"),
            Self::Edited { copy } => write!(f, "edited as {copy}"),
            Self::Repeated { first } => write!(f, "the same as {first}"),
            Self::Purged => f.write_str("purged"),
        }
    }
}

impl StateName {
    /// All, in the order in which they are told.
    pub(super) const ALL: [Self; 6] =
        [Self::Waiting, Self::Redriven, Self::InDoubt, Self::Edited, Self::Repeated, Self::Purged];
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Redriven => "redriven",
            Self::InDoubt => "in doubt",
            Self::Edited => "edited",
            Self::Repeated => "repeated",
            Self::Purged => "purged",
        })
    }
}

/// What tells that two dead letters are one: the same record at the same attempt.
#[derive(PartialEq, Eq, Hash)]
struct Failed {
    origin: Place,
    attempts: Option<u64>,
}

/// What has become of the letters of some topics.
pub(super) struct Ledger {
    pub(super) marks: Marks,
    edited: HashMap<Place, Place>,
    repeated: HashMap<Place, Place>,
}

impl Ledger {
    /// Reads the marks, and looks through all letters of these topics.
    pub(super) async fn read(log: &dyn EventLog, topics: &[Topic]) -> anyhow::Result<Self> {
        let marks = Marks::read(log).await?;
        let mut ledger = Self { marks, edited: HashMap::new(), repeated: HashMap::new() };
        for topic in topics {
            for partition in (0..log.partition_count(topic).await?).map(Partition) {
                let mut failed = HashMap::new();
                let mut stretch = Stretch::whole(log, topic, partition).await?;
                while let Some(records) = stretch.next().await? {
                    for record in records {
                        ledger.note(&Letter::of(topic, record), &mut failed);
                    }
                }
            }
        }
        Ok(ledger)
    }

    /// A dead letter stays in one partition however often it is written, so `failed` is about one.
    fn note(&mut self, letter: &Letter, failed: &mut HashMap<Failed, Place>) {
        let place = letter.place.clone();
        if let Some(original) = letter.edit_of() {
            self.edited.insert(original, place);
            return;
        }
        if letter.record.headers.get(IMPORTED).is_some() {
            return;
        }
        let Some(origin) = letter.failure.origin() else { return };
        let failure = Failed { origin, attempts: letter.failure.attempts };
        match failed.get(&failure) {
            Some(first) => drop(self.repeated.insert(place, first.clone())),
            None => drop(failed.insert(failure, place)),
        }
    }

    /// What has become of a letter.
    pub(super) fn state(&self, letter: &Letter) -> State {
        let place = &letter.place;
        match self.marks.fate(place, letter.mark()).cloned() {
            Some(Fate::Sent { at }) => State::Redriven { at },
            Some(Fate::InDoubt { from }) => State::InDoubt { from },
            Some(Fate::Purged) => State::Purged,
            None => match (self.edited.get(place), self.repeated.get(place)) {
                (Some(copy), _) => State::Edited { copy: copy.clone() },
                (None, Some(first)) => State::Repeated { first: first.clone() },
                (None, None) => State::Waiting,
            },
        }
    }
}

/// Headers by which the desk knows its own letters again. They are no part of what is sent.
pub(super) const OWN_HEADERS: [&str; 2] = [EDIT_OF, IMPORTED];

#[cfg(test)]
mod tests {
    use event_log::dead_letters::{ATTEMPTS, ORIGINAL_OFFSET, ORIGINAL_PARTITION, ORIGINAL_TOPIC};
    use event_log::topics::ORDERS_DEAD_LETTERS;
    use event_log::{Headers, Record};
    use order_domain::{Offset, Position, Timestamp};

    use super::*;

    fn headers(origin: u8, attempts: u8) -> Headers {
        Headers::new()
            .with(ORIGINAL_TOPIC, "orders")
            .with(ORIGINAL_PARTITION, vec![0; 4])
            .with(ORIGINAL_OFFSET, vec![0, 0, 0, 0, 0, 0, 0, origin])
            .with(ATTEMPTS, vec![0, 0, 0, attempts])
    }

    fn letter(offset: u64, headers: Headers) -> Letter {
        let record = Record {
            position: Position::new(Partition(0), Offset(offset)),
            timestamp: Timestamp(0),
            key: "shop/0".into(),
            payload: "{}".into(),
            headers,
        };
        Letter::of(&ORDERS_DEAD_LETTERS, record)
    }

    fn states(letters: &[Letter]) -> Vec<String> {
        let (edited, repeated) = (HashMap::new(), HashMap::new());
        let mut ledger = Ledger { marks: Marks::default(), edited, repeated };
        let mut failed = HashMap::new();
        for letter in letters {
            ledger.note(letter, &mut failed);
        }
        letters.iter().map(|letter| ledger.state(letter).to_string()).collect()
    }

    #[test]
    fn what_a_crash_has_written_twice_counts_once_and_a_further_attempt_counts_anew() {
        let letters =
            [letter(0, headers(7, 1)), letter(1, headers(7, 1)), letter(2, headers(7, 2))];
        assert_eq!(states(&letters), ["waiting", "the same as orders-dlt/0:0", "waiting"]);
        let unknown = [letter(0, Headers::new()), letter(1, Headers::new())];
        assert_eq!(states(&unknown), ["waiting", "waiting"], "nothing tells that they are one");
    }

    #[test]
    fn the_last_edited_copy_takes_the_originals_place() {
        let letters = [
            letter(0, headers(7, 1)),
            letter(1, headers(7, 1).with(EDIT_OF, "orders-dlt/0:0")),
            letter(2, headers(7, 1).with(EDIT_OF, "orders-dlt/0:1")),
        ];
        let expected = ["edited as orders-dlt/0:1", "edited as orders-dlt/0:2", "waiting"];
        assert_eq!(states(&letters), expected);
    }
}
