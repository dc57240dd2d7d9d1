//! The port: what every log can do.

use async_trait::async_trait;
use order_domain::{Offset, Partition, Position, Timestamp};

use crate::{GroupId, LogError, MemberId, NewRecord, Record, Topic, TopicSpec};

/// An ordered, durable, partitioned log. Cheap to share: every method takes `&self`.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Makes the topics that do not exist yet. Those that exist stay as they are.
    async fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError>;

    /// How many partitions the topic has.
    async fn partition_count(&self, topic: &Topic) -> Result<u32, LogError>;

    /// Appends one record to the partition of its key and answers when it is durable.
    ///
    /// Waits no longer than the log's named bound, then fails with [`LogError::Overloaded`] or
    /// [`LogError::Unavailable`]; the record may then still be written. A call that is dropped
    /// before it is answered may or may not have written.
    async fn append(&self, topic: &Topic, record: NewRecord) -> Result<Appended, LogError>;

    /// Appends records to one partition, in their order, and answers when all are durable.
    ///
    /// On an error a prefix of them may have been written.
    async fn append_all(
        &self,
        topic: &Topic,
        partition: Partition,
        records: Vec<NewRecord>,
    ) -> Result<Vec<Appended>, LogError>;

    /// Reads a partition from `from` (inclusive) on, and then its tail as it grows.
    ///
    /// `from` may be the offset that the next record will get; beyond that, or before the first
    /// record that is kept, the reader's first `next` fails with [`LogError::OutOfRange`].
    async fn read(
        &self,
        topic: &Topic,
        partition: Partition,
        from: Offset,
    ) -> Result<Box<dyn LogReader>, LogError>;

    /// Where a partition begins and ends at this moment.
    async fn ends(&self, topic: &Topic, partition: Partition) -> Result<Ends, LogError>;

    /// Joins a consumer group that shares the partitions of `topic`.
    async fn join(
        &self,
        group: &GroupId,
        topic: &Topic,
        member: &MemberId,
    ) -> Result<Box<dyn Membership>, LogError>;

    /// Whether the log can take appends now; for a readiness probe, so it answers within a second.
    async fn check(&self) -> Result<(), LogError>;

    /// Finishes what was begun, then refuses new calls with [`LogError::Closed`]. Idempotent.
    async fn close(&self);
}

/// Reads one partition in order.
#[async_trait]
pub trait LogReader: Send {
    /// The next records, at least one and at most `limit`; waits for the first without polling
    /// delay, as long as it takes. Cancel-safe: a dropped call loses no record.
    ///
    /// After an error that [is retryable](LogError::is_retryable) the call may be made again and
    /// goes on at the same offset.
    async fn next(&mut self, limit: BatchLimit) -> Result<Vec<Record>, LogError>;
}

/// How much one read returns at most; at least one record comes whatever its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimit {
    /// Records, at least 1.
    pub records: usize,
    /// Bytes of payload.
    pub bytes: usize,
}

/// The log's answer to an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where the record stands.
    pub position: Position,
    /// When the log took it.
    pub timestamp: Timestamp,
}

/// Where a partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The oldest record that is kept; equal to `next` where there is none.
    pub first: Offset,
    /// The offset that the next record will get.
    pub next: Offset,
}

/// A place in a consumer group. Dropping it leaves the group as a crash would, after a time-out;
/// [`leave`](Membership::leave) does so at once.
///
/// It does not store offsets: a group's members keep their own checkpoints.
#[async_trait]
pub trait Membership: Send {
    /// The next change to what this member owns; waits as long as it takes. Cancel-safe.
    ///
    /// Must be called again and again: it is also what keeps the membership alive.
    async fn next(&mut self) -> Result<Rebalance, LogError>;

    /// Says that the work on revoked partitions has stopped, so that others may take them.
    async fn release(&mut self, partitions: &[Partition]) -> Result<(), LogError>;

    /// Leaves the group and gives up every partition at once.
    async fn leave(self: Box<Self>) -> Result<(), LogError>;
}

/// A change to what a member owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebalance {
    /// These partitions are now this member's, besides those it has.
    Assigned(Vec<Partition>),
    /// Stop the work on these partitions, then [release](Membership::release) them. Another member
    /// may take them after a bounded time even without.
    Revoked(Vec<Partition>),
}
