//! A run's answers against the recorded ones.

use std::fs::File;
use std::io::BufReader;
use std::iter::Peekable;
use std::ops::RangeInclusive;
use std::path::Path;

use anyhow::{Context as _, bail};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use traffic_archive::{ArchiveReader, Entry, Sequence};

use super::comparison::{Comparison, Differences, Rules};
use crate::outcome::{Outcome, outcomes};
use crate::sort::{Sorted, Sorter};

/// Outcomes that wait for being compared.
const WAITING_MAX: usize = 256;

/// Compares the answers of a stretch. Entries without a recorded response are counted only.
pub(super) async fn compare(
    recorded: &ArchiveReader,
    run: &Path,
    stretch: &RangeInclusive<Sequence>,
    rules: &Rules,
) -> anyhow::Result<Comparison> {
    let mut comparison = Comparison::default();
    let mut entries = recorded.checked_entries(*stretch.start());
    let mut run = Run::open(run, *stretch.start());
    while let Some(entry) = entries.next().await.transpose()? {
        if !stretch.contains(&entry.sequence) {
            break;
        }
        let outcome = run.take(entry.sequence).await?;
        match differences(&entry, outcome.as_ref(), rules) {
            Some(differences) => comparison.add(differences),
            None => comparison.not_recorded += 1,
        }
    }
    if let Some(outcome) = run.next().await?
        && stretch.contains(&outcome.sequence)
    {
        bail!("the run has entry {}, the archive has not: another archive?", outcome.sequence);
    }
    if comparison.compared == 0 {
        bail!("there is nothing to compare: no entry of the stretch has a recorded response");
    }
    Ok(comparison)
}

/// `None` when there is nothing to compare with.
fn differences(entry: &Entry, outcome: Option<&Outcome>, rules: &Rules) -> Option<Differences> {
    let recorded = entry.exchange.response.as_ref()?;
    let mut differences = Differences::of(entry.sequence);
    let status = recorded.status.to_string();
    match outcome {
        None => differences.push("not sent", &status, "nothing"),
        Some(Outcome { response: Some(now), body_cut: false, .. }) => {
            differences.responses(recorded, now, rules);
        }
        Some(Outcome { response: Some(now), .. }) => {
            let mut beginning = recorded.clone();
            let kept = now.body.bytes().len().min(recorded.body.bytes().len());
            beginning.body = recorded.body.bytes().slice(..kept).into();
            differences.responses(&beginning, now, rules);
        }
        Some(Outcome { error, .. }) => {
            let error = error.as_deref().unwrap_or("no answer");
            differences.push(&format!("failed: {error}"), &status, error);
        }
    }
    Some(differences)
}

/// The outcomes in the order of their entries; of several of one entry, the last.
struct Run {
    inbox: mpsc::Receiver<anyhow::Result<Outcome>>,
    ahead: Option<Outcome>,
}

impl Run {
    fn open(path: &Path, from: Sequence) -> Self {
        let (outbox, inbox) = mpsc::channel(WAITING_MAX);
        let path = path.to_owned();
        spawn_blocking(move || {
            let context = || format!("outcomes {}", path.display());
            if let Err(error) = send_sorted(&path, from, &outbox).with_context(context) {
                // Nobody listens any more: then nobody misses it.
                let _ = outbox.blocking_send(Err(error));
            }
        });
        Self { inbox, ahead: None }
    }

    async fn next(&mut self) -> anyhow::Result<Option<Outcome>> {
        match self.ahead.take() {
            Some(outcome) => Ok(Some(outcome)),
            None => self.inbox.recv().await.transpose(),
        }
    }

    /// The outcome of this entry, if there is one.
    async fn take(&mut self, sequence: Sequence) -> anyhow::Result<Option<Outcome>> {
        match self.next().await? {
            Some(outcome) if outcome.sequence == sequence => Ok(Some(outcome)),
            other => {
                self.ahead = other;
                Ok(None)
            }
        }
    }
}

fn send_sorted(
    path: &Path,
    from: Sequence,
    outbox: &mpsc::Sender<anyhow::Result<Outcome>>,
) -> anyhow::Result<()> {
    let mut sorter = Sorter::new();
    let file = BufReader::new(File::open(path)?);
    for (number, outcome) in (0..).zip(outcomes(file)) {
        let outcome = outcome?;
        if outcome.sequence >= from {
            let mut line = Vec::new();
            outcome.write_line(&mut line);
            sorter.push((i64::try_from(outcome.sequence.get())?, number), &line)?;
        }
    }
    let mut in_order = sorter.finish()?.peekable();
    while let Some(outcome) = next_of_entry(&mut in_order)? {
        if outbox.blocking_send(Ok(outcome)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn next_of_entry(sorted: &mut Peekable<Sorted>) -> anyhow::Result<Option<Outcome>> {
    let Some(item) = sorted.next() else { return Ok(None) };
    let (mut key, mut line) = item?;
    while let Some(item) =
        sorted.next_if(|next| !matches!(next, Ok((other, _)) if other.0 != key.0))
    {
        (key, line) = item?;
    }
    Outcome::from_line(&line).map(Some).map_err(anyhow::Error::msg)
}
