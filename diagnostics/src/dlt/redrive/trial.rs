//! The first letters of a redrive, sent on trial: do they fail again?
//!
//! One that fails again becomes a new dead letter, in the topic of the old one, and its headers say
//! that it came from where the old one came from, or from where it was sent to.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use event_log::Topic;
use event_log::topics::ORDER_EVENTS_DEAD_LETTERS;
use measure::Progress;
use order_domain::{Offset, Partition};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::RedriveArgs;
use super::sending::Tried;
use crate::dlt::desk::Desk;
use crate::dlt::letter::Letter;
use crate::dlt::place::Place;
use crate::stretch::Stretch;

/// How long whoever reads a letter may take to fail, besides the retries that it has.
const WAIT: Duration = Duration::from_secs(10);

/// How often new dead letters are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Watches what is sent on trial.
pub(super) struct Trial {
    wait: Duration,
    /// Where the dead letter topics ended before anything was sent.
    next: HashMap<(Topic, Partition), Offset>,
}

impl Trial {
    /// Notes where things stand. For `count` 0 nothing is watched.
    pub(super) async fn begin(
        desk: &Desk,
        args: &RedriveArgs,
        topics: &[Topic],
        count: usize,
    ) -> anyhow::Result<Self> {
        let events = topics.contains(&ORDER_EVENTS_DEAD_LETTERS);
        let retries: Duration = desk.deployment.retry_delays().iter().sum();
        let usual = if events { WAIT + retries } else { WAIT };
        let wait = args.canary_wait.unwrap_or(usual);
        let mut next = HashMap::new();
        if count > 0 {
            for topic in topics {
                for partition in (0..desk.log().partition_count(topic).await?).map(Partition) {
                    let end = desk.log().ends(topic, partition).await?.next;
                    next.insert((topic.clone(), partition), end);
                }
            }
        }
        Ok(Self { wait, next })
    }

    /// Waits until one of `tried` has failed again, the time is over, or it is time to stop; answers
    /// the new dead letters.
    pub(super) async fn watch(
        mut self,
        desk: &Desk,
        tried: &[Tried],
        stop: &CancellationToken,
        progress: &Progress,
    ) -> anyhow::Result<Vec<Place>> {
        if tried.is_empty() || self.next.is_empty() {
            return Ok(Vec::new());
        }
        progress.say(format!("{} on trial, watched for {:?}", tried.len(), self.wait));
        let known: HashSet<Place> = tried
            .iter()
            .flat_map(|tried| tried.origin.iter().chain([&tried.at]).cloned())
            .collect();
        let over = Instant::now() + self.wait;
        loop {
            let failed = self.look(desk, &known).await?;
            if !failed.is_empty() || Instant::now() >= over || stop.is_cancelled() {
                progress.say("");
                return Ok(failed);
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// The new dead letters that came from a known place.
    async fn look(&mut self, desk: &Desk, known: &HashSet<Place>) -> anyhow::Result<Vec<Place>> {
        let mut failed = Vec::new();
        for ((topic, partition), next) in &mut self.next {
            let mut new = Stretch::from(desk.log().as_ref(), topic, *partition, *next).await?;
            *next = new.end().max(*next);
            while let Some(records) = new.next().await? {
                let letters = records.into_iter().map(|record| Letter::of(topic, record));
                let again = letters.filter(|letter| {
                    let origin = letter.failure.origin();
                    letter.edit_of().is_none() && origin.is_some_and(|at| known.contains(&at))
                });
                failed.extend(again.map(|letter| letter.place));
            }
        }
        failed.sort_unstable();
        Ok(failed)
    }
}
