//! The troubles end: what is left to do is done, and the processes finish.

use std::time::Duration;

use event_log::dead_letters::REDRIVE;
use event_log::topics::{ORDER_EVENTS, ORDER_EVENTS_DEAD_LETTERS, ORDERS};
use event_log::{NewRecord, Record, Topic};
use order_domain::{Decision, Event};
use order_store::{Checkpoint, ProjectionStore as _, StreamId};

use super::fate::Fate;
use super::process::Process;
use super::run::Simulation;
use crate::harness::PARTITION;

/// Where nothing fails, this many steps are more than enough. A simulation that needs more does not
/// come to rest: its processes get into each other's way for ever.
const STEPS_MAX: u32 = 20_000;
/// What passes at once while nobody has anything to do: no retry or pause ends in the same moment.
const A_WHILE: Duration = Duration::from_secs(1);

impl Simulation {
    /// Everything works from now on, for however many processes there are, until nothing is left to
    /// do. Then an operator sends the dead letters again that the store takes now, and in the end
    /// the processes are told to stop.
    pub async fn come_to_rest(&mut self) {
        self.history.tell("nothing goes wrong any more");
        while self.world.topics().late() > 0 {
            self.late_append();
        }
        self.mend_store();
        for process in &mut self.processes {
            process.frozen = false;
        }
        if self.processes.iter().all(Process::is_stopping) {
            self.start_process();
        }
        self.finish_what_is_left().await;
        self.redrive();
        self.finish_what_is_left().await;
        for process in &mut self.processes {
            process.stop();
        }
        while !self.processes.is_empty() {
            self.go_on().await;
        }
    }

    async fn finish_what_is_left(&mut self) {
        let mut steps = 0;
        while !self.is_at_rest().await {
            steps += 1;
            assert!(steps < STEPS_MAX, "it does not come to rest");
            self.go_on().await;
        }
    }

    /// Appends dead letters to the first retry topic, in their order.
    fn redrive(&mut self) {
        let mut topics = self.world.topics();
        let (first_retry, _) = self.settings.projector.retry_tiers().next().expect("a retry topic");
        for record in topics.all(&ORDER_EVENTS_DEAD_LETTERS).to_vec() {
            let Some(what) = subject_of(&record) else { continue };
            self.history.happened("an order is dead-lettered", what);
            if self.refused_for_ever.contains(&what) {
                continue;
            }
            self.history.happened("a dead letter is sent again", what);
            let Record { key, payload, headers, .. } = record;
            let headers = headers.with(REDRIVE, "1");
            topics.append(&first_retry, NewRecord { key, payload, headers }, self.world.now());
        }
    }

    async fn go_on(&mut self) {
        self.settle().await;
        if !self.pick_call(|_, _| Fate::Works) {
            tokio::time::sleep(A_WHILE).await;
        }
        self.settle().await;
        self.bury().await;
    }

    /// Every command is decided, and everything that is to be projected or tried again was.
    async fn is_at_rest(&self) -> bool {
        for (topic, _) in self.settings.projector.retry_tiers() {
            if self.checkpoint(&topic).await.next != self.world.topics().ends(&topic).next {
                return false;
            }
        }
        let Checkpoint { next, source_next, .. } = self.checkpoint(&ORDER_EVENTS).await;
        let topics = self.world.topics();
        next == topics.ends(&ORDER_EVENTS).next && source_next == topics.ends(&ORDERS).next
    }

    /// How far a topic is projected.
    pub async fn checkpoint(&self, topic: &Topic) -> Checkpoint {
        let stream = StreamId { topic: topic.as_str().to_owned(), partition: PARTITION };
        self.world.store.checkpoint(&stream).await.expect("the store is there")
    }
}

/// The order that a decision is about; `None` where it is about none, or there is no decision.
fn subject_of(record: &Record) -> Option<order_domain::OrderId> {
    let decision = Decision::from_json(&record.payload).ok()?;
    decision.events.iter().find_map(Event::order_id)
}
