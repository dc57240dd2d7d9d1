//! What goes into the store and comes out of it, whatever the database.

use std::fmt;

use order_domain::purchase::{Customer, Item, PaymentMethod};
use order_domain::{
    Money, Offset, OrderId, Partition, Position, RecordMark, RejectionReason, Timestamp,
};

use crate::trading::MarketChange;

/// The most rows of one page.
pub const PAGE_ROWS_MAX: u32 = 500;

/// An order as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// The order's id.
    pub order_id: OrderId,
    /// The command in `orders` that last changed this row. A write applies only if it is newer.
    pub source: Position,
    /// How often the order has changed, counted from 1.
    pub version: u32,
    /// What became of the order.
    pub status: OrderStatus,
    /// The broken rule in words, where the order was rejected.
    pub rejection_detail: Option<String>,
    /// When the order was placed: its command's time in the log.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who buys.
    pub customer: Customer,
    /// Where the goods go.
    pub shipping_address: String,
    /// Where the bill goes.
    pub billing_address: String,
    /// The order's total.
    pub total: Money,
    /// How the customer pays.
    pub payment_method: PaymentMethod,
    /// What is bought, in the order's own order.
    pub items: Vec<Item>,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Taken.
    Accepted,
    /// Refused, for this reason.
    Rejected(RejectionReason),
}

impl OrderStatus {
    /// The status's name in SQL and in HTTP: `accepted` or `rejected`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected(_) => "rejected",
        }
    }
}

/// A partition of a topic that a projector reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The topic's name.
    pub topic: String,
    /// The partition.
    pub partition: Partition,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// How far a stream is projected. Zero and zero where nothing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// The next offset of the stream to read.
    pub next: Offset,
    /// Every command below this offset of `orders`, same partition, has had its effect (or is
    /// parked). Stays zero for streams that are not `order-events`.
    pub source_next: Offset,
    /// The record before `next`, to know the log again by; `None` where nothing was read, or by a
    /// build that kept none. No part of the compare-and-set.
    pub last: Option<RecordMark>,
}

/// A compare-and-set: the checkpoint of `stream` goes from `from` to `to`, or the batch fails with
/// [`StoreError::CheckpointMoved`](crate::StoreError::CheckpointMoved).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointMove {
    /// Whose checkpoint.
    pub stream: StreamId,
    /// What the projector read from.
    pub from: Checkpoint,
    /// Where it has got to.
    pub to: Checkpoint,
}

/// What one transaction writes: all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ProjectionBatch {
    /// The checkpoints that move.
    pub moves: Vec<CheckpointMove>,
    /// Orders to write, oldest first; the same order may occur more than once, and each is written
    /// only over an older [`source`](OrderRow::source).
    pub orders: Vec<OrderRow>,
    /// What decisions changed of markets, oldest first; the same rule holds for each order, balance
    /// and instrument.
    pub trading: Vec<MarketChange>,
    /// Subjects to park, or to park anew with another tier, cause or end.
    pub park: Vec<ParkedSubject>,
    /// Subjects that are parked no more, with the partition they were parked in.
    pub unpark: Vec<(Partition, OrderId)>,
}

/// An order one of whose events could not be projected. Its later events wait behind that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedSubject {
    /// The partition of the events.
    pub partition: Partition,
    /// The order.
    pub order_id: OrderId,
    /// The latest tier in which events of it wait, or have waited since it is parked.
    pub tier: RetryTier,
    /// The source of the last event that was put aside for this order.
    pub last_source: Offset,
    /// When the first was put aside.
    pub since: Timestamp,
    /// Why.
    pub cause: String,
}

/// Where a parked order's events wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetryTier {
    /// In the retry topic of this place in the list of delays, counted from 0.
    Retry(u16),
    /// In the dead letter topic, for a person to mend.
    Dead,
}

/// Which orders to list. Every condition that is set must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// The status's [name](OrderStatus::name).
    pub status: Option<&'static str>,
    /// The customer's number.
    pub customer: Option<order_domain::CustomerId>,
}

/// A page, newest orders first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most this many, 1 to [`PAGE_ROWS_MAX`].
    pub limit: u32,
    /// Only orders that come behind this one.
    pub after: Option<Cursor>,
}

/// A place in the list of orders: newest first by placing time, then by id from high to low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The order's time.
    pub placed_at: Timestamp,
    /// The order's id.
    pub order_id: OrderId,
}

impl Cursor {
    /// The place before every order's.
    pub(crate) const NEWEST: Self =
        Self { placed_at: Timestamp(i64::MAX), order_id: OrderId(uuid::Uuid::max()) };
}

impl OrderRow {
    /// The row's place in the list of orders.
    pub const fn cursor(&self) -> Cursor {
        Cursor { placed_at: self.placed_at, order_id: self.order_id }
    }
}
