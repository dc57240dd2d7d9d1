//! One partition from its beginning: each decision beside the command that it names.

use std::iter::Peekable;
use std::vec::IntoIter;

use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{EventLog, LogError, Record};
use measure::Progress;
use order_domain::wire::DecodeError;
use order_domain::{Decision, Offset, Partition, Position};
use order_engine::EngineSettings;
use order_store::{Checkpoint, StoreError};

use super::decisions::{Decisions, Order};
use super::fold::Fold;
use super::kind::Kind;
use super::money::Money;
use super::redecided::Redecided;
use super::report::{PartitionReport, Report};
use super::set_aside::SetAside;
use crate::dlt::place::Place;
use crate::stretch::Stretch;

/// Why a partition could not be walked through.
#[derive(Debug, thiserror::Error)]
pub(super) enum WalkError {
    /// The log can't be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The temporary store can't be written.
    #[error("projecting the events anew: {0}")]
    Fold(#[from] StoreError),
}

/// What is walked through, and with what.
pub(super) struct Walk<'a> {
    pub(super) log: &'a dyn EventLog,
    pub(super) partition: Partition,
    /// Where the store stands, where there is one.
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) set_aside: &'a SetAside,
    /// Whether every command is decided anew.
    pub(super) redecide: Option<EngineSettings>,
    pub(super) progress: &'a Progress,
}

/// The commands of a partition, one after the other.
pub(super) struct Commands {
    stretch: Stretch,
    ahead: Peekable<IntoIter<Record>>,
    /// The oldest that is kept.
    pub(super) first: Offset,
    /// How many have come by.
    pub(super) count: u64,
}

impl Commands {
    async fn open(log: &dyn EventLog, partition: Partition) -> Result<Self, LogError> {
        let first = log.ends(&ORDERS, partition).await?.first;
        let stretch = Stretch::whole(log, &ORDERS, partition).await?.complete();
        Ok(Self { stretch, ahead: Vec::new().into_iter().peekable(), first, count: 0 })
    }

    /// Where the next one stands.
    pub(super) async fn peek(&mut self) -> Result<Option<Offset>, LogError> {
        if self.ahead.peek().is_none()
            && let Some(records) = self.stretch.next().await?
        {
            self.ahead = records.into_iter().peekable();
        }
        Ok(self.ahead.peek().map(|record| record.position.offset))
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Result<Option<Record>, LogError> {
        self.peek().await?;
        let next = self.ahead.next();
        self.count += u64::from(next.is_some());
        Ok(next)
    }
}

/// Walks through it; answers whether all of its history is there and can be read.
pub(super) async fn walk(
    walk: Walk<'_>,
    fold: Option<&mut Fold>,
    report: &mut Report,
) -> Result<bool, WalkError> {
    let (log, partition) = (walk.log, walk.partition);
    let begins = log.ends(&ORDER_EVENTS, partition).await?.first;
    let whole = begins == Offset::ZERO;
    let mut fold = fold.filter(|_| whole);
    if !whole {
        report.unchecked(format!(
            "{ORDER_EVENTS}/{partition} before {begins}: retention has removed it, and with it what \
             balances were before"
        ));
    }
    // Decisions are bounded first: every one of them has its command in what is bounded then.
    let mut events = Stretch::whole(log, &ORDER_EVENTS, partition).await?.complete();
    let commands = Commands::open(log, partition).await?;
    let mut walking = Walking::new(walk, commands, whole);
    while let Some(records) = events.next().await? {
        walking.walk.progress.advance(records.len() as u64);
        for record in records {
            if let Some(decision) = walking.take(&record, report).await?
                && let Some(fold) = &mut fold
            {
                fold.add(&record, &decision, report).await?;
            }
            walking.stand(&record, report);
        }
    }
    if let Some(fold) = fold {
        fold.finish_partition(report).await?;
    }
    walking.finish(report).await
}

/// A partition, as far as it was walked through.
struct Walking<'a> {
    walk: Walk<'a>,
    commands: Commands,
    decisions: Decisions,
    money: Money,
    redecided: Option<Redecided>,
    counts: PartitionReport,
    /// Whether all can be folded.
    whole: bool,
}

impl<'a> Walking<'a> {
    fn new(walk: Walk<'a>, commands: Commands, whole: bool) -> Self {
        let partition = walk.partition;
        let redecide = walk.redecide.filter(|_| whole);
        let projected = walk.checkpoint.map(|checkpoint| checkpoint.next.0);
        Self {
            walk,
            commands,
            decisions: Decisions::new(partition, whole),
            money: Money::new(whole),
            redecided: redecide.map(|settings| Redecided::new(partition, settings)),
            counts: PartitionReport { partition: partition.0, projected, ..Default::default() },
            whole,
        }
    }

    /// The next record of `order-events`. Answers the decision that it is where the store must show
    /// what follows from it.
    async fn take(
        &mut self,
        record: &Record,
        report: &mut Report,
    ) -> Result<Option<Decision>, WalkError> {
        self.counts.events = record.position.offset.next().0;
        if !record.stands_as_expected() {
            self.counts.passed_over += 1;
            return Ok(None);
        }
        let place = Place::new(&ORDER_EVENTS, record.position);
        let commands = &mut self.commands;
        let decision = match Decision::from_json(&record.payload) {
            Ok(decision) => decision,
            Err(error) => {
                self.whole &= unreadable(&place, &error, report);
                self.decisions.pass_over(source_of(record), commands, report).await?;
                return Ok(None);
            }
        };
        match self.decisions.see(&place, record, &decision, commands, report).await? {
            Order::Counts(command) => {
                self.counts.decisions += 1;
                self.money.follow(&place, command.as_deref(), &decision, report);
                if let Some(redecided) = &mut self.redecided {
                    redecided.follow(&place, command.map(|command| *command), &decision, report);
                }
                Ok(self.is_shown(record).then_some(decision))
            }
            Order::Repeats => {
                self.counts.repeated += 1;
                Ok(None)
            }
            Order::CountsForNothing => Ok(None),
        }
    }

    /// Whether the store has seen the record, and did not set it aside.
    fn is_shown(&mut self, record: &Record) -> bool {
        let checkpoint = self.walk.checkpoint;
        if checkpoint.is_none_or(|checkpoint| record.position.offset >= checkpoint.next) {
            return false;
        }
        let set_aside = self.walk.set_aside.holds(record.position);
        self.counts.set_aside += u64::from(set_aside);
        !set_aside
    }

    /// At the last record that the store has seen: is it the one that the store remembers, and has the
    /// store come as far with commands as it says?
    fn stand(&self, record: &Record, report: &mut Report) {
        let Some(checkpoint) = self.walk.checkpoint else { return };
        if record.position.offset.next() != checkpoint.next {
            return;
        }
        let place = Place::new(&ORDER_EVENTS, record.position);
        if checkpoint.last.is_some_and(|mark| mark != record.mark()) {
            let what = "it is not the record that the store has seen there";
            report.found(Kind::AnotherLog, &place, what);
        }
        let (says, reached) = (checkpoint.source_next, self.decisions.next_source());
        if says != reached {
            let what = format!(
                "the store's checkpoint says that commands before {says} had their effect; these are \
                 those before {reached}"
            );
            report.found(Kind::WrongCheckpoint, &place, what);
        }
    }

    async fn finish(mut self, report: &mut Report) -> Result<bool, WalkError> {
        self.counts.undecided = self.decisions.finish(&mut self.commands, report).await?;
        self.counts.decided = self.decisions.next_source().0;
        self.counts.commands = self.commands.count;
        self.money.finish(self.walk.partition, report);
        report.partitions.push(self.counts);
        Ok(self.whole)
    }
}

/// Tells of a decision that can't be read; answers whether nobody else could either: one that a newer
/// build wrote is no damage, but what follows from it is not known here.
fn unreadable(place: &Place, error: &DecodeError, report: &mut Report) -> bool {
    match error {
        DecodeError::UnknownType(_) | DecodeError::UnsupportedVersion { .. } => {
            report.unchecked(format!("{place}: a newer build wrote it ({error})"));
            false
        }
        DecodeError::Malformed(_) | DecodeError::NoEvents => {
            report.found(Kind::UnreadableDecision, place, error.to_string());
            true
        }
    }
}

/// The command that a record says it is about, where its content can't be read.
fn source_of(record: &Record) -> Option<Offset> {
    let position: Position = record.headers.get_text("ce_id")?.parse().ok()?;
    Some(position.offset)
}
