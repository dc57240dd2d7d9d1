//! Projecting `order-events` as it grows.

use event_log::Record;
use event_log::topics::ORDER_EVENTS;
use order_domain::{Offset, OrderId};
use order_store::{Checkpoint, CheckpointMove, ParkedSubject, ProjectionBatch, RetryTier};

use super::batch::Read;
use super::parking::BEHIND_ANOTHER;
use super::set_aside::Failure;
use super::writing::refusal;
use super::{Projection, RunError};
use crate::status;

impl Projection<'_> {
    /// Projects records in order: as many as possible in one transaction, and when the store refuses
    /// them, half as many, until the record that it refuses stands alone and is set aside.
    pub(super) async fn project(&mut self, records: Vec<Record>) -> Result<(), RunError> {
        let reads: Vec<Read> = records.into_iter().map(Read::of_event).collect();
        self.project_reads(&reads).await
    }

    /// [`project`](Self::project), of records that are read already.
    pub(super) async fn project_reads(&mut self, reads: &[Read]) -> Result<(), RunError> {
        let mut rest = reads;
        let mut at_once = rest.len();
        while !rest.is_empty() {
            let free = rest.iter().take(at_once).take_while(|read| self.is_free(read)).count();
            if free == 0 {
                self.put_in_line(&rest[0]).await?;
                rest = &rest[1..];
                continue;
            }
            match self.write_rows(&rest[..free]).await {
                Ok(()) => {
                    rest = &rest[free..];
                    at_once = at_once.saturating_mul(2);
                }
                Err(error) => {
                    let cause = refusal(error)?;
                    if free > 1 {
                        at_once = free / 2;
                        continue;
                    }
                    self.set_aside(&rest[0], RetryTier::Retry(0), Failure::Refused, &cause).await?;
                    rest = &rest[1..];
                }
            }
        }
        Ok(())
    }

    /// Whether the record can be written now: it can be read, or needs not be, and waits behind none.
    fn is_free(&self, read: &Read) -> bool {
        self.is_repeated(read) || (read.content.is_ok() && !self.parking.holds_any(&read.subjects))
    }

    /// Whether its command was decided by an earlier record: the first decision wins.
    fn is_repeated(&self, read: &Read) -> bool {
        read.source.is_some_and(|source| source < self.checkpoint.source_next)
    }

    async fn write_rows(&mut self, reads: &[Read]) -> Result<(), RunError> {
        let mut to = self.checkpoint;
        let orders = Vec::with_capacity(reads.len());
        let mut batch = ProjectionBatch { orders, ..Default::default() };
        for read in reads {
            if read.source.is_none_or(|source| source >= to.source_next) {
                read.add_to(&mut batch);
            }
            to = passed(to, read);
        }
        to.last = reads.last().map(|read| read.record.mark());
        batch.moves.push(self.move_to(to));
        self.writer.write(&batch).await?;
        self.checkpoint = to;
        self.limit.handled(reads.len());
        metrics::counter!("seriatim_projected_total").increment(reads.len() as u64);
        Ok(())
    }

    /// Sets a record aside that is not free: it can't be read, or an earlier event of its order waits.
    ///
    /// Whatever tier that event waits in, this one begins with the first: see [`super::parking`].
    async fn put_in_line(&mut self, read: &Read) -> Result<(), RunError> {
        let first = RetryTier::Retry(0);
        match &read.content {
            _ if self.parking.holds_any(&read.subjects) => {
                self.set_aside(read, first, Failure::BehindAnother, BEHIND_ANOTHER).await
            }
            Err(cause) => self.set_aside(read, RetryTier::Dead, Failure::Undecodable, cause).await,
            Ok(_) => Ok(()),
        }
    }

    async fn set_aside(
        &mut self,
        read: &Read,
        tier: RetryTier,
        failure: Failure,
        cause: &str,
    ) -> Result<(), RunError> {
        let tier = match tier {
            RetryTier::Retry(0) => self.set_aside.tier_after(None),
            other => other,
        };
        if tier == RetryTier::Dead {
            self.limit.dead_letter()?;
        }
        self.set_aside.put(&read.record, &ORDER_EVENTS, tier, failure, cause).await?;
        let mut to = passed(self.checkpoint, read);
        to.last = Some(read.record.mark());
        let park = self.parked(read, tier, cause);
        let moves = self.alone(self.move_to(to));
        self.writer
            .write(&ProjectionBatch { moves, park: park.clone(), ..Default::default() })
            .await?;
        self.checkpoint = to;
        self.parking.park(park);
        self.report_parked();
        Ok(())
    }

    /// The record's orders as they are parked once it waits in `tier`; one that waits in a later tier
    /// already goes on waiting there.
    pub(super) fn parked(&self, read: &Read, tier: RetryTier, cause: &str) -> Vec<ParkedSubject> {
        let park = |order_id: &OrderId| {
            let source = read.source.unwrap_or_default();
            let already = self.parking.get(*order_id);
            ParkedSubject {
                partition: self.partition,
                order_id: *order_id,
                tier: already.map_or(tier, |parked| parked.tier.max(tier)),
                last_source: already.map_or(source, |parked| parked.last_source.max(source)),
                since: already.map_or(read.record.timestamp, |parked| parked.since),
                cause: already.map_or_else(|| cause.to_owned(), |parked| parked.cause.clone()),
            }
        };
        read.subjects.iter().map(park).collect()
    }

    pub(super) fn report_parked(&self) {
        status::report_parked(self.partition, self.parking.len());
    }

    fn move_to(&self, to: Checkpoint) -> CheckpointMove {
        CheckpointMove { stream: self.stream.clone(), from: self.checkpoint, to }
    }

    /// `step`, and every other stream of the partition staying where it is: fails where another
    /// projector has moved one.
    pub(super) fn alone(&self, step: CheckpointMove) -> Vec<CheckpointMove> {
        let mut moves = self.retries.clone();
        moves.push(self.move_to(self.checkpoint));
        moves.retain(|other| other.stream != step.stream);
        moves.push(step);
        moves
    }
}

/// The checkpoint behind `read`, but for its mark: only that of a batch's last record is needed.
fn passed(checkpoint: Checkpoint, read: &Read) -> Checkpoint {
    let source_next = read.source.map_or(checkpoint.source_next, Offset::next);
    Checkpoint {
        next: read.record.position.offset.next(),
        source_next: checkpoint.source_next.max(source_next),
        last: None,
    }
}
