//! The retry topics: each record is tried again when its topic's delay has passed.

use std::collections::VecDeque;
use std::time::Duration;

use event_log::dead_letters::REDRIVE;
use event_log::{BatchLimit, EventLog, LogError, LogReader, Record, Topic};
use futures_util::future::select_all;
use order_domain::Partition;
use order_store::{
    Checkpoint, CheckpointMove, ProjectionBatch, ProjectionStore, RetryTier, StreamId,
};
use tracing::info;

use super::batch::Read;
use super::parking::BEHIND_ANOTHER;
use super::resume::resume;
use super::set_aside::Failure;
use super::writing::refusal;
use super::{Projection, RunError};
use crate::{Clock, ProjectorSettings};

/// How much of a retry topic is held while it waits.
const HELD: BatchLimit = BatchLimit { records: 64, bytes: 1 << 20 };

/// The retry topics of one partition, read in order.
pub(super) struct RetryStreams(Vec<RetryStream>);

struct RetryStream {
    topic: Topic,
    stream: StreamId,
    delay: Duration,
    clock: Clock,
    checkpoint: Checkpoint,
    reader: Box<dyn LogReader>,
    /// Read, but not yet due.
    held: VecDeque<Record>,
}

/// A record whose time has come.
pub(super) struct Due {
    tier: u16,
    record: Record,
}

impl RetryStreams {
    pub(super) async fn open(
        log: &dyn EventLog,
        store: &dyn ProjectionStore,
        partition: Partition,
        settings: &ProjectorSettings,
        clock: Clock,
    ) -> Result<Self, RunError> {
        let mut streams = Vec::new();
        for (topic, delay) in settings.retry_tiers() {
            let stream = StreamId { topic: topic.as_str().to_owned(), partition };
            let checkpoint = store.checkpoint(&stream).await?;
            let reader = resume(log, &topic, partition, checkpoint).await?;
            let held = VecDeque::new();
            streams.push(RetryStream { topic, stream, delay, clock, checkpoint, reader, held });
        }
        Ok(Self(streams))
    }

    /// The next record that is due, of whatever topic; waits as long as it takes. Cancel-safe: the
    /// record stays first in its topic until [`passed`](Self::passed).
    pub(super) async fn due(&mut self) -> Result<Due, LogError> {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        let each = self.0.iter_mut().enumerate().map(|(tier, stream)| Box::pin(stream.due(tier)));
        let (due, _, _) = select_all(each).await;
        due
    }

    /// Moves that leave every retry topic where it is.
    pub(super) fn stay(&self) -> Vec<CheckpointMove> {
        let stay = |RetryStream { stream, checkpoint: at, .. }: &RetryStream| CheckpointMove {
            stream: stream.clone(),
            from: *at,
            to: *at,
        };
        self.0.iter().map(stay).collect()
    }

    /// The first record of this tier has been dealt with.
    fn passed(&mut self, tier: u16, checkpoint: Checkpoint) {
        if let Some(stream) = self.0.get_mut(usize::from(tier)) {
            stream.held.pop_front();
            stream.checkpoint = checkpoint;
        }
    }
}

impl RetryStream {
    async fn due(&mut self, tier: usize) -> Result<Due, LogError> {
        if self.held.is_empty() {
            self.held.extend(self.reader.next(HELD).await?);
        }
        let Some(record) = self.held.front() else {
            return std::future::pending().await;
        };
        tokio::time::sleep(self.time_left(record)).await;
        let tier = u16::try_from(tier).map_err(|_| too_many_tiers())?;
        Ok(Due { tier, record: record.clone() })
    }

    /// How long until `record` is due. Never longer than the delay, whatever the clocks say.
    fn time_left(&self, record: &Record) -> Duration {
        let delay_ms = i64::try_from(self.delay.as_millis()).unwrap_or(i64::MAX);
        let due_at = record.timestamp.0.saturating_add(delay_ms);
        let left_ms = due_at.saturating_sub(self.clock.now().0).clamp(0, delay_ms);
        Duration::from_millis(left_ms.unsigned_abs())
    }
}

fn too_many_tiers() -> LogError {
    LogError::Configuration("there are at most 65,536 retry delays".to_owned())
}

impl Projection<'_> {
    /// Tries a record of a retry topic again. Refused, or behind an order that has gone on to a later
    /// topic, it goes to the next.
    pub(super) async fn try_again(
        &mut self,
        due: Due,
        streams: &mut RetryStreams,
    ) -> Result<(), RunError> {
        let Some(stream) = streams.0.get(usize::from(due.tier)) else { return Ok(()) };
        let tier = RetryTier::Retry(due.tier);
        let topic = stream.topic.clone();
        let from = stream.checkpoint;
        let read = Read::of(due.record);
        let to = Checkpoint {
            next: read.record.position.offset.next(),
            last: Some(read.record.mark()),
            ..from
        };
        let moves = self.alone(CheckpointMove { stream: stream.stream.clone(), from, to });

        let hindered = if self.waits_behind_later(&read, tier) {
            Err((Failure::BehindAnother, BEHIND_ANOTHER.to_owned()))
        } else {
            self.write_one(&read, &moves).await?
        };
        if let Err((failure, cause)) = hindered {
            let next = self.set_aside.tier_after(Some(tier));
            if next == RetryTier::Dead {
                self.limit.dead_letter()?;
            }
            self.set_aside.put(&read.record, &topic, next, failure, &cause).await?;
            let park = self.parked(&read, next, &cause);
            let batch = ProjectionBatch { moves, park: park.clone(), ..Default::default() };
            self.writer.write(&batch).await?;
            self.parking.park(park);
        }
        streams.passed(due.tier, to);
        self.retries = streams.stay();
        Ok(())
    }

    /// Whether an earlier event of one of its orders waits in a later tier. What an operator has sent
    /// again waits behind no dead letter. A market's decision is tried at once: as long as a change
    /// of one of its orders is missing the store refuses it, and no longer.
    fn waits_behind_later(&self, read: &Read, tier: RetryTier) -> bool {
        if read.is_about_a_market() {
            return false;
        }
        let redriven = read.record.headers.get(REDRIVE).is_some();
        let passes = |ahead: RetryTier| redriven && ahead == RetryTier::Dead;
        self.parking.tiers_of(&read.subjects).any(|ahead| ahead > tier && !passes(ahead))
    }

    /// Writes the rows of one record and frees its orders if it was the last they waited for; the
    /// inner error says why that can't be.
    pub(super) async fn write_one(
        &mut self,
        read: &Read,
        moves: &[CheckpointMove],
    ) -> Result<Result<(), (Failure, String)>, RunError> {
        if let Err(cause) = &read.content {
            return Ok(Err((Failure::Undecodable, cause.clone())));
        }
        let freed = self.parking.freed_by(&read.subjects, read.source);
        let mut batch = ProjectionBatch {
            moves: moves.to_vec(),
            unpark: freed.iter().map(|order_id| (self.partition, *order_id)).collect(),
            ..Default::default()
        };
        read.add_to(&mut batch);
        if let Err(error) = self.writer.write(&batch).await {
            return Ok(Err((Failure::Refused, refusal(error)?)));
        }
        info!(position = %read.record.position, "a retried event is projected");
        self.parking.free(&freed);
        self.report_parked();
        self.limit.handled(1);
        Ok(Ok(()))
    }
}
