//! What was done about dead letters, on the log itself: the topic `dlt-marks`.
//!
//! A dead letter is never changed or deleted where it stands. What happens to it is a *mark*, a
//! record of a topic with one partition, so that all marks have one order. [`wire`] has their JSON.

mod wire;

use std::collections::HashMap;

use event_log::topics::DEAD_LETTER_MARKS;
use event_log::{EventLog, LogError, NewRecord, Retention, TopicSpec};
use order_domain::{Offset, Partition, RecordMark};

use super::place::Place;
use crate::stretch::Stretch;
use wire::{from_json, to_json};

pub(super) use wire::{Leg, Mark, Named, SentLetter};

/// The marks' only partition.
const PARTITION: Partition = Partition(0);

/// How many letters one mark names at most: it stays far below the largest record.
pub(super) const LETTERS_MAX: usize = 1_000;

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

#[cfg(test)]
mod tests {
    use super::wire::tests::{named, sending, sent};
    use super::*;

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
