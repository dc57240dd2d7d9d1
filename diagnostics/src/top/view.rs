//! What two looks tell: how much there is, how far each worker is behind, and how fast it goes.

use std::collections::BTreeSet;

use event_log::Topic;
use jiff::Timestamp;
use order_domain::{Offset, Partition};
use reqwest::Url;
use serde::Serialize;

use super::log_side::{DeadLetters, LogLook, LogPartition};
use super::programs::{Answer, ProgramFigures};
use super::store_side::{StoreLook, StorePartition};
use super::watch::Look;
use crate::deployment::Deployment;
use crate::text;

/// All that is shown. What nobody knows is `null`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    /// When, by this machine's clock.
    pub(super) at: String,
    /// Over how long the rates were measured, in seconds.
    pub(super) measured_s: Option<f64>,
    pub(super) log: Side,
    pub(super) store: Side,
    /// All partitions together.
    pub(super) total: Figures,
    pub(super) partitions: Vec<PartitionFigures>,
    pub(super) retry_topics: Vec<RetryTopic>,
    /// Since when the oldest parked order is parked.
    pub(super) parked_since: Option<String>,
    pub(super) programs: Vec<Program>,
}

/// The log or the store.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Side {
    pub(super) url: String,
    /// Why it can't be looked at.
    pub(super) error: Option<String>,
}

/// What is told of a partition, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    /// Commands in `orders`, ever.
    pub(super) commands: Option<u64>,
    pub(super) commands_per_s: Option<f64>,
    pub(super) decided: Option<u64>,
    pub(super) decided_per_s: Option<f64>,
    /// Commands that are not decided.
    pub(super) engine_lag: Option<u64>,
    /// Records of `order-events` that are projected or set aside.
    pub(super) projected: Option<u64>,
    pub(super) projected_per_s: Option<f64>,
    /// Records of `order-events` that are neither.
    pub(super) projector_lag: Option<u64>,
    /// Events that wait in a retry topic.
    pub(super) retrying: Option<u64>,
    /// Orders that wait behind an event of theirs.
    pub(super) parked: Option<u64>,
    /// Of these, how many wait for somebody to mend a dead letter.
    pub(super) parked_behind_dead_letters: Option<u64>,
    /// Dead letters about which nothing was done: of commands, and of events.
    pub(super) dead_commands: Option<u64>,
    pub(super) dead_events: Option<u64>,
    /// How fast dead letters are written, of both.
    pub(super) dead_letters_per_s: Option<f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct PartitionFigures {
    pub(super) partition: u32,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

/// Events that wait for their next try.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RetryTopic {
    pub(super) topic: String,
    pub(super) waiting: Option<u64>,
}

/// A program that was asked.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Program {
    pub(super) url: String,
    /// Why it did not answer.
    pub(super) error: Option<String>,
    /// Since the look before; `null` where it answered only one of both.
    pub(super) figures: Option<ProgramFigures>,
}

impl View {
    /// What is seen `now`, and what has changed since `before`.
    pub(super) fn of(deployment: &Deployment, before: Option<&Look>, now: &Look) -> Self {
        let seconds = before.map(|before| (now.at - before.at).as_secs_f64());
        let partitions = partitions(before, now, seconds);
        let figures = partitions.iter().map(|partition| partition.figures);
        let stores = now.store.iter().flat_map(|store| store.partitions.values());
        Self {
            at: format!("{:.0}", Timestamp::now()),
            measured_s: seconds,
            log: Side { url: deployment.log_url().to_owned(), error: now.log.clone().err() },
            store: Side { url: deployment.store_shown(), error: now.store.clone().err() },
            total: figures.reduce(Figures::plus).unwrap_or_default(),
            retry_topics: retry_topics(deployment, now),
            parked_since: stores.filter_map(|store| store.parked.since).min().map(text::time),
            programs: programs(before, now, seconds),
            partitions,
        }
    }

    /// Whether both log and store could be looked at.
    pub(super) const fn is_whole(&self) -> bool {
        self.log.error.is_none() && self.store.error.is_none()
    }
}

fn partitions(before: Option<&Look>, now: &Look, seconds: Option<f64>) -> Vec<PartitionFigures> {
    let in_log = now.log.iter().flat_map(|log| log.partitions.keys());
    let in_store = now.store.iter().flat_map(|store| store.partitions.keys());
    let all: BTreeSet<_> = in_log.chain(in_store).collect();
    let figures = |partition: &Partition| {
        let now = Seen::of(now, *partition);
        let before = before.map(|before| Seen::of(before, *partition));
        PartitionFigures {
            partition: partition.0,
            figures: now.figures(before.as_ref().zip(seconds)),
        }
    };
    all.into_iter().map(figures).collect()
}

/// One partition at one moment, as far as it was seen.
struct Seen<'a> {
    log: Option<&'a LogPartition>,
    store: Option<&'a StorePartition>,
}

impl<'a> Seen<'a> {
    fn of(look: &'a Look, partition: Partition) -> Self {
        let log = look.log.as_ref().ok().and_then(|log: &LogLook| log.partitions.get(&partition));
        let store = look.store.as_ref().ok();
        Self { log, store: store.and_then(|store: &StoreLook| store.partitions.get(&partition)) }
    }

    fn figures(&self, before: Option<(&Self, f64)>) -> Figures {
        let rate = |what: fn(&Self) -> Option<Offset>| {
            let (before, seconds) = before?;
            let (Offset(from), Offset(to)) = (what(before)?, what(self)?);
            Some(per_second(to.saturating_sub(from), seconds))
        };
        let behind =
            |end: Option<Offset>, next: Option<Offset>| Some(end?.0.saturating_sub(next?.0));
        let [dead_commands, dead_events] = self.waiting_letters();
        Figures {
            commands: self.commands().map(|end| end.0),
            commands_per_s: rate(Self::commands),
            decided: self.decided().map(|next| next.0),
            decided_per_s: rate(Self::decided),
            engine_lag: behind(self.commands(), self.decided()),
            projected: self.projected().map(|next| next.0),
            projected_per_s: rate(Self::projected),
            projector_lag: behind(self.log.map(|log| log.events), self.projected()),
            retrying: self.retrying(),
            parked: self.store.map(|store| store.parked.count),
            parked_behind_dead_letters: self.store.map(|store| store.parked.behind_dead_letters),
            dead_commands,
            dead_events,
            dead_letters_per_s: rate(Self::dead_letters),
        }
    }

    fn commands(&self) -> Option<Offset> {
        self.log.map(|log| log.commands)
    }

    fn decided(&self) -> Option<Offset> {
        self.log.and_then(|log| log.decided)
    }

    fn projected(&self) -> Option<Offset> {
        self.store.map(|store| store.projected)
    }

    fn retrying(&self) -> Option<u64> {
        let (log, store) = (self.log?, self.store?);
        let waiting = log.retries.iter().map(|(topic, end)| waiting(*end, store, topic));
        Some(waiting.sum())
    }

    fn waiting_letters(&self) -> [Option<u64>; 2] {
        self.log.map_or([None; 2], |log| log.dead.map(|dead| dead.waiting))
    }

    /// Ever written.
    fn dead_letters(&self) -> Option<Offset> {
        let written = |dead: &DeadLetters| dead.written.0;
        self.log.map(|log| Offset(log.dead.iter().map(written).sum()))
    }
}

/// How many records of a retry topic were not tried again yet.
fn waiting(end: Offset, store: &StorePartition, topic: &Topic) -> u64 {
    let next = store.retries.get(topic).copied().unwrap_or_default();
    end.0.saturating_sub(next.0)
}

// Precise up to 2^53 records.
#[allow(clippy::cast_precision_loss)]
fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

fn retry_topics(deployment: &Deployment, now: &Look) -> Vec<RetryTopic> {
    let of_topic = |topic: Topic| {
        let both = now.log.as_ref().ok().zip(now.store.as_ref().ok());
        let waiting = both.map(|(log, store)| {
            let of_partition = |(partition, log): (&Partition, &LogPartition)| {
                let store = store.partitions.get(partition)?;
                Some(waiting(*log.retries.get(&topic)?, store, &topic))
            };
            log.partitions.iter().filter_map(of_partition).sum()
        });
        RetryTopic { topic: topic.to_string(), waiting }
    };
    deployment.retry_topics().into_iter().map(of_topic).collect()
}

fn programs(before: Option<&Look>, now: &Look, seconds: Option<f64>) -> Vec<Program> {
    let earlier = |url: &Url| {
        let before = before?.programs.iter().find(|(other, _)| other == url)?;
        before.1.as_ref().ok()
    };
    let program = |(url, answer): &(Url, Answer)| {
        let figures = || {
            let (now, before) = (answer.as_ref().ok()?, earlier(url)?);
            Some(ProgramFigures::between(before, now, seconds?))
        };
        let error = answer.as_ref().err().cloned();
        Program { url: url.to_string(), error, figures: figures() }
    };
    now.programs.iter().map(program).collect()
}

impl Figures {
    /// Both together; what is not known of one is not known of both.
    fn plus(self, other: Self) -> Self {
        let count = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
        let rate = |one: Option<f64>, other: Option<f64>| Some(one? + other?);
        Self {
            commands: count(self.commands, other.commands),
            commands_per_s: rate(self.commands_per_s, other.commands_per_s),
            decided: count(self.decided, other.decided),
            decided_per_s: rate(self.decided_per_s, other.decided_per_s),
            engine_lag: count(self.engine_lag, other.engine_lag),
            projected: count(self.projected, other.projected),
            projected_per_s: rate(self.projected_per_s, other.projected_per_s),
            projector_lag: count(self.projector_lag, other.projector_lag),
            retrying: count(self.retrying, other.retrying),
            parked: count(self.parked, other.parked),
            parked_behind_dead_letters: count(
                self.parked_behind_dead_letters,
                other.parked_behind_dead_letters,
            ),
            dead_commands: count(self.dead_commands, other.dead_commands),
            dead_events: count(self.dead_events, other.dead_events),
            dead_letters_per_s: rate(self.dead_letters_per_s, other.dead_letters_per_s),
        }
    }
}
