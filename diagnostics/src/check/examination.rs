//! The whole check, part by part.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use event_log::topics::{ORDER_EVENTS, ORDERS};
use event_log::{EventLog, LogError};
use jiff::Timestamp;
use measure::Progress;
use order_domain::{Partition, Timestamp as LogTime};
use order_store::content::ContentView;
use order_store::{Checkpoint, ParkedSubject, StreamId};

use super::CheckArgs;
use super::fold::Fold;
use super::kind::Kind;
use super::report::Report;
use super::set_aside::SetAside;
use super::walk::{self, Walk};
use super::{checkpoints, parked, rows};
use crate::deployment::Deployment;

/// Everything that is needed for it.
pub(super) struct Examination<'a> {
    deployment: &'a Deployment,
    log: Arc<dyn EventLog>,
    args: &'a CheckArgs,
}

/// What the store said, all of one moment.
struct Seen {
    view: ContentView,
    checkpoints: BTreeMap<StreamId, Checkpoint>,
    parked: Vec<ParkedSubject>,
}

impl<'a> Examination<'a> {
    pub(super) const fn new(
        deployment: &'a Deployment,
        log: Arc<dyn EventLog>,
        args: &'a CheckArgs,
    ) -> Self {
        Self { deployment, log, args }
    }

    pub(super) async fn run(self) -> anyhow::Result<Report> {
        let mut report = Report::telling(self.args.limit);
        let Some(partitions) = self.partitions(&mut report).await? else { return Ok(report) };
        // The store's moment comes first: all that it has seen is in what is read of the log after it.
        let seen = match self.look_at_store().await {
            Ok(seen) => Some(seen),
            Err(error) => {
                report.unchecked(format!("rows, checkpoints and parked orders: {error:#}"));
                None
            }
        };
        let set_aside = match &seen {
            Some(seen) => self.read_set_aside(&seen.checkpoints, &mut report).await?,
            None => SetAside::default(),
        };
        let mut fold = match &seen {
            Some(_) => Some(Fold::new(self.args.scratch.as_deref()).await?),
            None => None,
        };
        let progress = self.progress(partitions).await;
        for partition in (0..partitions).map(Partition) {
            let stands = seen.as_ref().map(|seen| checkpoint(&seen.checkpoints, partition));
            let walk = Walk {
                log: self.log.as_ref(),
                partition,
                checkpoint: stands,
                set_aside: &set_aside,
                redecide: self.args.redecide.then(|| self.deployment.engine_settings()),
                progress: &progress,
            };
            if !self.walk(walk, fold.as_mut(), &mut report).await? {
                // Of a history that is not whole, nothing can be folded.
                fold = None;
            }
        }
        progress.finish();
        if let Some(Seen { mut view, checkpoints, parked }) = seen {
            checkpoints::check(self.log.as_ref(), &checkpoints, &mut report).await?;
            parked::check(&parked, &set_aside, self.args.parked_max, now(), &mut report);
            match fold {
                Some(fold) => rows::check(fold, &mut view, &mut report).await?,
                None => {
                    report.unchecked("rows: the events that they follow from are not all there");
                }
            }
        }
        Ok(report)
    }

    /// How many there are; `None` where the log is damaged so that nothing of it can be read.
    async fn partitions(&self, report: &mut Report) -> anyhow::Result<Option<u32>> {
        let mut partitions = None;
        for topic in [ORDER_EVENTS, ORDERS] {
            match self.log.partition_count(&topic).await {
                Ok(count) => partitions = Some(count),
                Err(LogError::Corrupt(why)) => {
                    report.found(Kind::DamagedLog, topic, why);
                    report.unchecked("everything else");
                    return Ok(None);
                }
                Err(error) => return Err(error).with_context(|| format!("looking at {topic}")),
            }
        }
        Ok(partitions)
    }

    async fn look_at_store(&self) -> anyhow::Result<Seen> {
        let store = self.deployment.open_store().await?;
        let mut view = store.content.view().await?;
        let checkpoints = view.checkpoints().await?;
        let parked = view.parked().await?;
        Ok(Seen { view, checkpoints, parked })
    }

    /// What waits in the retry topics of these settings and in any that the store knows besides.
    async fn read_set_aside(
        &self,
        checkpoints: &BTreeMap<StreamId, Checkpoint>,
        report: &mut Report,
    ) -> anyhow::Result<SetAside> {
        let read =
            SetAside::read(self.log.as_ref(), self.deployment.retry_topics(), checkpoints, report);
        read.await.context("looking at what was set aside")
    }

    async fn progress(&self, partitions: u32) -> Progress {
        if self.args.quiet {
            return Progress::hidden();
        }
        let mut total = 0;
        for partition in (0..partitions).map(Partition) {
            if let Ok(ends) = self.log.ends(&ORDER_EVENTS, partition).await {
                total += ends.next.0.saturating_sub(ends.first.0);
            }
        }
        Progress::new("checking", Some(total))
    }

    /// Whether the whole history of the partition was there.
    async fn walk(
        &self,
        walk: Walk<'_>,
        fold: Option<&mut Fold>,
        report: &mut Report,
    ) -> anyhow::Result<bool> {
        let partition = walk.partition;
        match walk::walk(walk, fold, report).await {
            Ok(whole) => Ok(whole),
            Err(walk::WalkError::Log(LogError::Corrupt(why))) => {
                report.found(Kind::DamagedLog, format!("partition {partition}"), why);
                report.unchecked(format!("partition {partition} behind the damage"));
                Ok(false)
            }
            Err(error) => Err(error).with_context(|| format!("reading partition {partition}")),
        }
    }
}

/// How far `order-events` is projected.
fn checkpoint(checkpoints: &BTreeMap<StreamId, Checkpoint>, partition: Partition) -> Checkpoint {
    let stream = StreamId { topic: ORDER_EVENTS.as_str().to_owned(), partition };
    checkpoints.get(&stream).copied().unwrap_or_default()
}

fn now() -> LogTime {
    LogTime(Timestamp::now().as_millisecond())
}
