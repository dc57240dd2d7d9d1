//! Archive against archive.

use std::ops::RangeInclusive;

use traffic_archive::{ArchiveError, ArchiveReader, Entries, Entry, Sequence};

use super::comparison::{Comparison, Differences, Rules};

/// Compares the entries of a stretch by their sequence numbers.
pub(super) async fn compare(
    recorded: &ArchiveReader,
    now: &ArchiveReader,
    stretch: &RangeInclusive<Sequence>,
    rules: &Rules,
) -> Result<Comparison, ArchiveError> {
    let mut comparison = Comparison::default();
    let first = *stretch.start();
    let (mut old, mut new) = (recorded.checked_entries(first), now.checked_entries(first));
    loop {
        let pair = (next(&mut old, stretch).await?, next(&mut new, stretch).await?);
        let differences = match pair {
            (None, None) => return Ok(comparison),
            (Some(old), Some(new)) => {
                let mut differences = Differences::of(old.sequence);
                differences.entries(&old, &new, rules);
                differences
            }
            (Some(old), None) => alone(&old, "entry missing", |line| (line, "nothing")),
            (None, Some(new)) => alone(&new, "entry added", |line| ("nothing", line)),
        };
        comparison.add(differences);
    }
}

async fn next(
    entries: &mut Entries,
    stretch: &RangeInclusive<Sequence>,
) -> Result<Option<Entry>, ArchiveError> {
    let entry = entries.next().await.transpose()?;
    Ok(entry.filter(|entry| stretch.contains(&entry.sequence)))
}

fn alone<'a>(
    entry: &Entry,
    place: &str,
    order: impl Fn(&'a str) -> (&'a str, &'a str),
) -> Differences {
    let mut differences = Differences::of(entry.sequence);
    let (recorded, now) = order("a request");
    differences.push(place, recorded, now);
    differences
}
