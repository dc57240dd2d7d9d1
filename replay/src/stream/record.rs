//! Entries as records of a topic, and back.

use std::str::FromStr;

use bytes::Bytes;
use event_log::{Headers, NewRecord, Record};
use traffic_archive::{ArchiveId, Entry, Line, Sequence};
use uuid::Uuid;

use super::StreamError;

/// The header, or the field, with the archive's id.
pub(super) const ARCHIVE: &str = "replay-archive";

/// The header, or the field, with the sequence number.
pub(super) const SEQUENCE: &str = "replay-sequence";

/// Which entry a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) archive: ArchiveId,
    pub(super) sequence: Sequence,
}

impl Label {
    /// From the texts of the two headers; fails with the reason.
    pub(super) fn parse(archive: Option<&str>, sequence: Option<&str>) -> Result<Self, String> {
        let missing = |name| format!("it has no {name}");
        let archive = archive.ok_or_else(|| missing(ARCHIVE))?;
        let sequence = sequence.ok_or_else(|| missing(SEQUENCE))?;
        let archive = Uuid::from_str(archive).map_err(|error| format!("{ARCHIVE}: {error}"))?;
        let sequence = sequence.parse().map_err(|error| format!("{SEQUENCE}: {error}"))?;
        Ok(Self { archive: archive.into(), sequence })
    }

    pub(super) fn of(record: &Record, topic: &str) -> Result<Self, StreamError> {
        let archive = record.headers.get_text(ARCHIVE);
        Self::parse(archive, record.headers.get_text(SEQUENCE)).map_err(|reason| {
            let place = format!("{topic}, record {},", record.position);
            StreamError::NotAnEntry { place, reason }
        })
    }
}

/// Whether a record claims to hold an entry of an archive.
pub(crate) fn is_entry(record: &Record) -> bool {
    record.headers.get(ARCHIVE).is_some()
}

/// The record that holds `line`; `archive` is the archive's id as text.
pub(super) fn to_record(archive: &Bytes, line: &Line) -> NewRecord {
    let headers = Headers::with_capacity(2)
        .with(ARCHIVE, archive.clone())
        .with(SEQUENCE, line.sequence_digits());
    NewRecord { key: line.key.clone(), payload: line.json.clone(), headers }
}

/// Reads what [`to_record`] made; `place` says where, for the error.
pub(super) fn parse_entry(
    label: Label,
    json: &[u8],
    place: impl Fn() -> String,
) -> Result<Entry, StreamError> {
    let entry =
        Entry::from_json(json).map_err(|error| StreamError::not_an_entry(place(), &error))?;
    if entry.sequence == label.sequence {
        return Ok(entry);
    }
    let reason = format!("{SEQUENCE} is {}, but the entry's {}", label.sequence, entry.sequence);
    Err(StreamError::NotAnEntry { place: place(), reason })
}
