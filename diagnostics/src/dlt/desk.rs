//! What every sub-command works with: the log, and the letters that are meant.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use event_log::topics::{ORDER_EVENTS_DEAD_LETTERS, ORDERS_DEAD_LETTERS};
use event_log::{EventLog, LogError, Record, Topic};
use order_domain::Partition;

use super::filter::Filter;
use super::lease::Lease;
use super::ledger::{Ledger, State};
use super::letter::Letter;
use super::marks::Marks;
use super::place::Place;
use crate::deployment::{Deployment, LogArgs};
use crate::stretch::Stretch;

/// An open log.
pub(super) struct Desk {
    pub(super) deployment: Deployment,
    log: Arc<dyn EventLog>,
}

impl Desk {
    /// Opens the configured log.
    pub(super) async fn open(args: &LogArgs) -> anyhow::Result<Self> {
        let deployment = Deployment::try_from(args)?;
        let log = deployment.open_log().await?;
        Ok(Self { deployment, log })
    }

    /// The log.
    pub(super) fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// Does `work` while no other desk writes; waits for one that does.
    pub(super) async fn alone<T>(
        &self,
        work: impl AsyncFnOnce(&Lease) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let log = self.log().as_ref();
        Marks::create(log).await.context("making the topic of marks")?;
        let lease = Lease::take(log).await?;
        let done = work(&lease).await;
        match &done {
            Ok(_) => lease.give_back().await,
            Err(_) => lease.abandon().await,
        }
        done
    }

    /// The topics that a filter is about: those it names, or Seriatim's own. Fails where there is none.
    pub(super) async fn topics(&self, filter: &Filter) -> anyhow::Result<Vec<Topic>> {
        let named = filter.topics();
        if !named.is_empty() {
            for topic in &named {
                self.log().partition_count(topic).await?;
            }
            return Ok(named);
        }
        let mut there = Vec::new();
        for topic in [ORDERS_DEAD_LETTERS, ORDER_EVENTS_DEAD_LETTERS] {
            match self.log().partition_count(&topic).await {
                Ok(_) => there.push(topic),
                Err(LogError::NoSuchTopic(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure!(
            !there.is_empty(),
            "this log has neither {ORDERS_DEAD_LETTERS} nor {ORDER_EVENTS_DEAD_LETTERS}: is it the \
             right one? Another system's dead letters are named by --topic"
        );
        Ok(there)
    }

    /// The letters that a filter lets through, in the order of topics, partitions and offsets.
    pub(super) async fn letters<'a>(
        &self,
        topics: &[Topic],
        filter: &'a Filter,
    ) -> anyhow::Result<Letters<'a>> {
        let mut places = VecDeque::new();
        for topic in topics {
            let partitions = (0..self.log().partition_count(topic).await?).map(Partition);
            places.extend(partitions.map(|partition| (topic.clone(), partition)));
        }
        let (log, ahead) = (self.log().clone(), VecDeque::new());
        Ok(Letters { log, filter, places, current: None, ahead })
    }

    /// One letter by its name, and its state.
    pub(super) async fn letter(&self, place: &Place) -> anyhow::Result<(Letter, State)> {
        let filter = Filter::only(place.clone());
        let topics = self.topics(&filter).await?;
        let ledger = Ledger::read(self.log().as_ref(), &topics).await?;
        match self.letters(&topics, &filter).await?.next().await? {
            Some(letter) => {
                let state = ledger.state(&letter);
                Ok((letter, state))
            }
            None => bail!("there is no dead letter {place}"),
        }
    }

    /// Finishes what was begun.
    pub(super) async fn close(self) {
        self.log().close().await;
    }
}

/// Letters, one after the other, up to where each partition ended when its turn came.
pub(super) struct Letters<'a> {
    log: Arc<dyn EventLog>,
    filter: &'a Filter,
    /// What comes behind `current`.
    places: VecDeque<(Topic, Partition)>,
    current: Option<(Topic, Stretch)>,
    ahead: VecDeque<Record>,
}

impl Letters<'_> {
    /// The next one; `None` at the end. Fails there if a letter that was named did not come by.
    /// Cancel-safe.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Letter>> {
        loop {
            if let Some((topic, stretch)) = &mut self.current {
                while let Some(record) = self.ahead.pop_front() {
                    let letter = Letter::of(topic, record);
                    if self.filter.lets_through(&letter) {
                        return Ok(Some(letter));
                    }
                }
                if let Some(records) = stretch.next().await? {
                    self.ahead.extend(records);
                    continue;
                }
            }
            self.current = None;
            let Some((topic, partition)) = self.places.front() else {
                return self.filter.all_found().map(|()| None);
            };
            let stretch = Stretch::whole(self.log.as_ref(), topic, *partition).await?;
            self.current = self.places.pop_front().map(|(topic, _)| (topic, stretch));
        }
    }
}
