//! A dead letter.

use event_log::{EventLog, LogError, Record, Topic};
use order_domain::RecordMark;

use super::failure::Failure;
use super::original;
use super::place::Place;

/// On the edited copy of a dead letter, and on one that import has changed: which one it replaces.
/// That one stays as it is, and is not sent again.
pub(super) const EDIT_OF: &str = "seriatim-edit-of";

/// On a dead letter that was imported: where it stood when it was exported, and its mark there.
pub(super) const IMPORTED: &str = "seriatim-imported";

/// A record of a dead letter topic.
pub(crate) struct Letter {
    /// Where it stands, which is its name.
    pub(crate) place: Place,
    /// The record as it stands there.
    pub(crate) record: Record,
    /// What its headers tell.
    pub(crate) failure: Failure,
    /// The record that failed, where it is not kept here and was [looked up](Self::look_up).
    original: Option<Record>,
}

impl Letter {
    /// The letter that `record` of `topic` is.
    pub(super) fn of(topic: &Topic, record: Record) -> Self {
        let failure = Failure::of(&record.headers);
        Self { place: Place::new(topic, record.position), record, failure, original: None }
    }

    /// Looks up the record that failed, where only its headers were kept.
    pub(super) async fn look_up(&mut self, log: &dyn EventLog) -> Result<(), LogError> {
        if self.original.is_none() && original::is_elsewhere(&self.record, &self.failure) {
            self.original = original::look_up(log, &self.failure).await?;
        }
        Ok(())
    }

    /// The record that failed; `None` where it is not here and was not found.
    pub(super) fn content(&self) -> Option<&Record> {
        let here = !original::is_elsewhere(&self.record, &self.failure);
        here.then_some(&self.record).or(self.original.as_ref())
    }

    /// The record that failed, where it stands elsewhere and was found.
    pub(super) fn original(&self) -> Option<&Record> {
        self.original.as_ref()
    }

    /// [`content`](Self::content), or what stands here where that is gone.
    pub(super) fn content_or_self(&self) -> &Record {
        self.content().unwrap_or(&self.record)
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
