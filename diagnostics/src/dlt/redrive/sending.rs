//! Sending, batch by batch: an intention, the letters, and a mark that they were sent.
//!
//! Whatever moment a redrive is killed at, no more than one batch is in doubt, and the target itself
//! tells what was sent of it ([`in_doubt`](super::in_doubt)).

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::bail;
use event_log::{EventLog, NewRecord};
use measure::{Progress, RateLimit};
use order_domain::Position;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use crate::dlt::desk::Letters;
use crate::dlt::lease::Lease;
use crate::dlt::letter::Letter;
use crate::dlt::marks::{Leg, Mark, Marks, MarksError, Named, SentLetter};
use crate::dlt::place::Place;
use crate::dlt::routes::{Route, Routes, Sendable};

/// The most letters of a batch.
const BATCH_LETTERS_MAX: usize = 100;
/// The most payload of a batch, in bytes; at least one letter goes whatever its size.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// What is due within this time goes in one batch, so that a slow rate is even.
const BATCH_SPAN: Duration = Duration::from_millis(100);

/// A letter that was sent: what a further failure of it would be known by.
pub(super) struct Tried {
    pub(super) letter: Named,
    /// Where its record stood before it failed.
    pub(super) origin: Option<Place>,
    /// Where it stands now.
    pub(super) at: Place,
}

/// Sends the letters that were chosen.
pub(super) struct Sending<'a> {
    pub(super) log: &'a dyn EventLog,
    pub(super) lease: &'a Lease,
    pub(super) marks: &'a mut Marks,
    pub(super) letters: Letters<'a>,
    /// What is still to be sent of the letters.
    pub(super) chosen: HashSet<Named>,
    pub(super) routes: Routes,
    /// `None` is no limit.
    pub(super) limit: Option<RateLimit>,
    pub(super) progress: &'a Progress,
    pub(super) stop: &'a CancellationToken,
}

/// Letters that go together.
#[derive(Default)]
struct Batch {
    legs: BTreeMap<Route, Vec<(Letter, NewRecord)>>,
    letters: usize,
    bytes: usize,
    /// When the first is due; `None` is at once.
    due: Option<Instant>,
}

impl Sending<'_> {
    /// Sends the next `count`, or as many as there are, or until it is time to stop; a batch that was
    /// begun is finished. Answers what was sent.
    pub(super) async fn send(&mut self, count: usize) -> anyhow::Result<Vec<Tried>> {
        let mut tried = Vec::new();
        while tried.len() < count && !self.stop.is_cancelled() {
            let batch = self.next_batch(count - tried.len()).await?;
            if batch.letters == 0 || !self.until(batch.due).await {
                break;
            }
            let count = batch.letters as u64;
            tried.extend(self.send_batch(batch).await?);
            self.progress.advance(count);
        }
        Ok(tried)
    }

    async fn next_batch(&mut self, letters_max: usize) -> anyhow::Result<Batch> {
        let mut batch = Batch::default();
        while batch.letters < letters_max.min(BATCH_LETTERS_MAX)
            && batch.bytes < BATCH_BYTES_MAX
            && !self.chosen.is_empty()
        {
            let Some(mut letter) = self.letters.next().await? else { break };
            if !self.chosen.remove(&Named::of(&letter)) {
                continue;
            }
            let Sendable { route, record } = match self.routes.of(self.log, &mut letter).await? {
                Ok(sendable) => sendable,
                Err(none) => bail!("{} can't be sent any more: {none}", letter.place),
            };
            let due = self.limit.as_mut().map(|limit| limit.next(Instant::now()));
            if batch.letters == 0 {
                batch.due = due;
            }
            batch.letters += 1;
            batch.bytes += record.size();
            batch.legs.entry(route).or_default().push((letter, record));
            if due.zip(batch.due).is_some_and(|(due, first)| due >= first + BATCH_SPAN) {
                break;
            }
        }
        Ok(batch)
    }

    /// Says whether it is not time to stop.
    async fn until(&self, due: Option<Instant>) -> bool {
        let Some(due) = due else { return true };
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = sleep_until(due.into()) => true,
        }
    }

    async fn send_batch(&mut self, batch: Batch) -> anyhow::Result<Vec<Tried>> {
        let mut legs = Vec::with_capacity(batch.legs.len());
        for (route, letters) in &batch.legs {
            let next = self.log.ends(&route.topic, route.partition).await?.next;
            let to = Place::new(&route.topic, Position::new(route.partition, next));
            let letters = letters.iter().map(|(letter, _)| Named::of(letter)).collect();
            legs.push(Leg { to, letters });
        }
        self.marks.add(self.log, Mark::Sending { legs }).await?;
        if !self.lease.is_held() {
            return Err(MarksError::NotAlone.into());
        }
        let mut tried = Vec::with_capacity(batch.letters);
        for (route, letters) in &batch.legs {
            let records = letters.iter().map(|(_, record)| record.clone()).collect();
            let sent = self.log.append_all(&route.topic, route.partition, records).await?;
            tried.extend(letters.iter().zip(sent).map(|((letter, _), sent)| Tried {
                letter: Named::of(letter),
                origin: letter.failure.origin(),
                at: Place::new(&route.topic, sent.position),
            }));
        }
        let sent = tried
            .iter()
            .map(|tried| SentLetter { letter: tried.letter.clone(), at: tried.at.clone() });
        self.marks.add(self.log, Mark::Sent { letters: sent.collect() }).await?;
        Ok(tried)
    }
}
