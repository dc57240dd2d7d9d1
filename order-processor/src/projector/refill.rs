//! Filling a store from the beginning of `order-events`, up to where another store is.
//!
//! Nothing is appended to the log. What the store refuses was refused by the other one, too, and waits in
//! the retry topics or the dead letters since; only its order is parked. Where the other one took it in
//! the end, as an operator had mended it, the mended event is in a retry topic, and is read from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_log::topics::ORDER_EVENTS;
use event_log::{BatchLimit, EventLog, LogError, LogReader, Topic};
use order_domain::{Offset, OrderId, Partition};
use order_store::{
    Checkpoint, CheckpointMove, ParkedSubject, ProjectionBatch, ProjectionStore, StreamId,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::batch::Read;
use super::parking::Parking;
use super::resume::resume;
use super::set_aside::SetAside;
use super::writing::Writer;
use super::{Projection, RunError};
use crate::dead_letters::DeadLetterLimit;
use crate::status::Status;
use crate::{Clock, ProjectorSettings};

/// How many batches are read and decoded ahead of the one that is written.
const READ_AHEAD_BATCHES: usize = 1;

/// A transaction takes so many times as many events as in the projector's daily work.
const BATCH_TIMES: usize = 4;

/// One partition of a store that is being filled.
pub(crate) struct Refill<'a> {
    log: Arc<dyn EventLog>,
    batch: BatchLimit,
    stop: CancellationToken,
    projection: Projection<'a>,
    /// How far this store is in the retry topics.
    retries: BTreeMap<StreamId, Checkpoint>,
}

/// What the other store has beside its rows, of one partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// Its parked orders.
    pub(crate) parked: BTreeMap<OrderId, ParkedSubject>,
    /// How far it has read the retry topics, in the order in which an event goes through them.
    pub(crate) retries: Vec<(Topic, Checkpoint)>,
}

impl<'a> Refill<'a> {
    /// Begins, or goes on, where the store's checkpoint is.
    pub(crate) async fn begin(
        log: Arc<dyn EventLog>,
        store: Arc<dyn ProjectionStore>,
        partition: Partition,
        settings: &ProjectorSettings,
        limit: &'a mut DeadLetterLimit,
        stop: &CancellationToken,
    ) -> Result<Self, RunError> {
        let stream = stream_of(&ORDER_EVENTS, partition);
        let checkpoint = store.checkpoint(&stream).await?;
        let mut retries = BTreeMap::new();
        for (topic, _) in settings.retry_tiers() {
            let stream = stream_of(&topic, partition);
            let checkpoint = store.checkpoint(&stream).await?;
            retries.insert(stream, checkpoint);
        }
        // After every checkpoint, as the projector itself: what that one parks from now on moves one.
        let parking = Parking::new(store.parked(partition).await?);
        let (status, clock) = (Status::default(), Clock::System);
        let projection = Projection {
            partition,
            stream,
            checkpoint,
            retries: moves(&retries, |_, at| at),
            parking,
            set_aside: SetAside::already(partition),
            writer: Writer::new(store.clone(), partition, status, stop.clone(), clock),
            limit,
        };
        let BatchLimit { records, bytes } = settings.batch();
        let batch = BatchLimit { records: records.saturating_mul(BATCH_TIMES), bytes };
        Ok(Self { log, batch, stop: stop.clone(), projection, retries })
    }

    /// Projects what comes before `end`, which must be the checkpoint of a store that was filled from
    /// this log. Calls `done` with the number of records of every batch.
    pub(crate) async fn up_to(
        &mut self,
        end: Offset,
        done: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), RunError> {
        if self.projection.checkpoint.next >= end {
            return Ok(());
        }
        let (topic, partition) = (&ORDER_EVENTS, self.projection.partition);
        let from = self.projection.checkpoint;
        let reader = resume(self.log.as_ref(), topic, partition, from).await?;
        let (sender, mut batches) = mpsc::channel(READ_AHEAD_BATCHES);
        let reading = read_ahead(reader, self.batch, from.next, end, sender);
        let _reading = AbortOnDropHandle::new(tokio::spawn(reading));
        while self.projection.checkpoint.next < end {
            let reads = tokio::select! {
                () = self.stop.cancelled() => return Err(RunError::Interrupted),
                reads = batches.recv() => reads.ok_or(RunError::Interrupted)??,
            };
            self.projection.project_reads(&reads).await?;
            done(reads.len() as u64);
        }
        Ok(())
    }

    /// Tries once more what was refused, as it stands in the retry topics before where the other store
    /// has read them; then lets wait what that one lets wait. Gives the orders that only this one refuses.
    pub(crate) async fn settle(&mut self, waiting: &Waiting) -> Result<Vec<OrderId>, RunError> {
        for (topic, checkpoint) in &waiting.retries {
            self.try_again(topic, checkpoint.next).await?;
        }
        let mut refused = Vec::new();
        let parked = self.projection.parking.subjects().map(|own| {
            waiting.parked.get(&own.order_id).cloned().unwrap_or_else(|| {
                refused.push(own.order_id);
                own.clone()
            })
        });
        let park: Vec<ParkedSubject> = parked.collect();
        let there: BTreeMap<StreamId, Checkpoint> = waiting
            .retries
            .iter()
            .map(|(topic, at)| (stream_of(topic, self.projection.partition), *at))
            .collect();
        let farther = |stream: &StreamId, own: Checkpoint| match there.get(stream) {
            Some(there) if there.next > own.next => *there,
            _ => own,
        };
        self.projection.retries = moves(&self.retries, farther);
        if park.is_empty() && self.projection.retries.iter().all(|step| step.from == step.to) {
            return Ok(refused);
        }
        let batch =
            ProjectionBatch { moves: self.stay(), park: park.clone(), ..Default::default() };
        self.projection.writer.write(&batch).await?;
        self.projection.parking.park(park);
        for step in std::mem::take(&mut self.projection.retries) {
            self.retries.insert(step.stream, step.to);
        }
        self.projection.retries = moves(&self.retries, |_, at| at);
        Ok(refused)
    }

    /// Tries the records of a retry topic before `end` that are about what is parked. What is refused
    /// again goes on waiting.
    async fn try_again(&mut self, topic: &Topic, end: Offset) -> Result<(), RunError> {
        let partition = self.projection.partition;
        let mut next = self.log.ends(topic, partition).await?.first;
        if self.projection.parking.len() == 0 || next >= end {
            return Ok(());
        }
        let mut reader = self.log.read(topic, partition, next).await?;
        while next < end {
            let records = tokio::select! {
                () = self.stop.cancelled() => return Err(RunError::Interrupted),
                records = reader.next(self.batch) => records?,
            };
            for record in records.into_iter().take_while(|record| record.position.offset < end) {
                next = record.position.offset.next();
                let read = Read::of(record);
                if self.projection.parking.holds_any(&read.subjects) {
                    let stay = self.stay();
                    // Where it is refused the order stays parked, which tells it.
                    let _refused = self.projection.write_one(&read, &stay).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes sure that nobody else has moved a stream of this partition.
    fn stay(&self) -> Vec<CheckpointMove> {
        let (stream, at) = (self.projection.stream.clone(), self.projection.checkpoint);
        self.projection.alone(CheckpointMove { stream, from: at, to: at })
    }
}

/// A move of each stream from where it is.
fn moves(
    streams: &BTreeMap<StreamId, Checkpoint>,
    to: impl Fn(&StreamId, Checkpoint) -> Checkpoint,
) -> Vec<CheckpointMove> {
    let step = |(stream, at): (&StreamId, &Checkpoint)| CheckpointMove {
        stream: stream.clone(),
        from: *at,
        to: to(stream, *at),
    };
    streams.iter().map(step).collect()
}

/// A partition of a topic, as the store names it.
pub(crate) fn stream_of(topic: &Topic, partition: Partition) -> StreamId {
    StreamId { topic: topic.as_str().to_owned(), partition }
}

/// Reads and decodes the records before `end`, while earlier ones are written.
async fn read_ahead(
    mut reader: Box<dyn LogReader>,
    batch: BatchLimit,
    from: Offset,
    end: Offset,
    sender: mpsc::Sender<Result<Vec<Read>, LogError>>,
) {
    let mut next = from;
    while next < end {
        let reads = match reader.next(batch).await {
            Ok(records) => {
                next = records.last().map_or(next, |record| record.position.offset.next());
                let before = records.into_iter().filter(|record| record.position.offset < end);
                Ok(before.map(Read::of_event).collect())
            }
            Err(error) => Err(error),
        };
        let failed = reads.is_err();
        // Nobody receives any more where writing has failed.
        if sender.send(reads).await.is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
