//! A dead letter.

use event_log::{Record, Topic};
use order_domain::RecordMark;

use super::failure::Failure;
use super::place::Place;

/// On the edited copy of a dead letter, and on one that import has changed: which one it replaces.
/// That one stays as it is, and is not sent again.
pub(super) const EDIT_OF: &str = "seriatim-edit-of";

/// On a dead letter that was imported: where it stood when it was exported, and its mark there.
pub(super) const IMPORTED: &str = "seriatim-imported";

/// A record of a dead letter topic.
pub(super) struct Letter {
    /// Where it stands, which is its name.
    pub(super) place: Place,
    /// The record as it stands there.
    pub(super) record: Record,
    /// What its headers tell.
    pub(super) failure: Failure,
}

impl Letter {
    /// The letter that `record` of `topic` is.
    pub(super) fn of(topic: &Topic, record: Record) -> Self {
        let failure = Failure::of(&record.headers);
        Self { place: Place::new(topic, record.position), record, failure }
    }

    /// What it is known by, should its place be taken by another record one day.
    pub(super) fn mark(&self) -> RecordMark {
        self.record.mark()
    }

    /// The letter that this one replaces.
    pub(super) fn edit_of(&self) -> Option<Place> {
        self.record.headers.get_text(EDIT_OF).and_then(|place| place.parse().ok())
    }

    /// What it is about, as its writer says: a `CloudEvents` subject.
    pub(super) fn subject(&self) -> Option<&str> {
        self.record.headers.get_text("ce_subject")
    }

    /// The trace it belongs to: 32 hex digits, where its `traceparent` is one.
    pub(super) fn trace(&self) -> Option<String> {
        let header = self.record.headers.get_text("traceparent")?;
        let trace = order_domain::TraceParent::new(header).ok()?;
        Some(trace.trace_id().to_owned())
    }

    /// The key as text; bytes that are none are shown by a replacement character.
    pub(super) fn key(&self) -> String {
        String::from_utf8_lossy(&self.record.key).into_owned()
    }
}
