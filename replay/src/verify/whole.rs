//! Is an archive still what was written?

use std::num::NonZero;
use std::thread::available_parallelism;

use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use traffic_archive::{ArchiveError, ArchiveReader, Chain, Damage};

use super::Finding;

/// Segments that are checked side by side.
const SEGMENTS_AT_ONCE_MAX: usize = 4;

/// Whether every segment is what was written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wholeness {
    whole: bool,
    /// Whether the writer ended by itself.
    finished: bool,
    entries: u64,
    segments: usize,
    chain: Chain,
    /// The first damage of every damaged segment.
    damage: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    segment: u64,
    file: String,
    line: Option<u64>,
    fault: String,
    #[serde(skip)]
    damage: Damage,
}

impl Wholeness {
    pub(super) async fn of(reader: &ArchiveReader) -> Result<Self, ArchiveError> {
        let manifest = reader.manifest();
        let at_once = available_parallelism().map_or(1, NonZero::get).min(SEGMENTS_AT_ONCE_MAX);
        let mut checks = stream::iter(manifest.segment_numbers())
            .map(|number| reader.check_segment(number))
            .buffered(at_once);
        let mut damage = Vec::new();
        while let Some(checked) = checks.next().await {
            match checked {
                Ok(()) => {}
                Err(ArchiveError::Damaged(found)) => damage.push(Place::from(found)),
                Err(error) => return Err(error),
            }
        }
        Ok(Self {
            whole: damage.is_empty(),
            finished: manifest.finished,
            entries: manifest.entries,
            segments: manifest.segments.len(),
            chain: manifest.chain,
            damage,
        })
    }
}

impl From<Damage> for Place {
    fn from(damage: Damage) -> Self {
        Self {
            segment: damage.segment.get(),
            file: damage.file.clone(),
            line: damage.line,
            fault: damage.fault.to_string(),
            damage,
        }
    }
}

impl Finding for Wholeness {
    fn is_good(&self) -> bool {
        self.whole
    }

    fn print(&self) {
        for place in &self.damage {
            println!("{}", place.damage);
        }
        let Self { entries, segments, chain, .. } = self;
        let damaged = self.damage.len();
        if self.whole {
            println!("whole: {entries} entries in {segments} segments, chain {chain}");
        } else {
            println!("damaged: {damaged} of {segments} segments, {entries} entries");
        }
        if !self.finished {
            println!("not finished: its writer is at work, or was killed and can be continued");
        }
    }
}
