//! Batches as rows.

use std::ops::ControlFlow;

use order_domain::{Offset, Partition, Position, Timestamp};
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, Row, params};

use super::batch::{self, BatchHead, Share};
use super::record_format::Records;
use crate::{BatchLimit, Ends, Record};

/// The most memory a read reserves before it knows how many records there are.
const RESERVED_RECORDS_MAX: usize = 1024;

/// After so many batches without a record of the partition, a read looks for the next that has one
/// instead of going through them all.
const MISSES_MAX: u32 = 32;

const HEAD: &str = "sequence, timestamp, payload_bytes, shares";

/// Appends a batch.
pub fn insert(connection: &Connection, head: &BatchHead, records: &[u8]) -> rusqlite::Result<()> {
    let mut shares = Vec::new();
    batch::encode_shares(&head.shares, &mut shares);
    connection
        .prepare_cached("insert into batch values (?, ?, ?, ?, ?, ?)")?
        .execute(params![
            head.sequence.cast_signed(),
            head.timestamp.0,
            head.payload_bytes.cast_signed(),
            shares,
            batch::checksum(records),
            records,
        ])
        .map(drop)
}

/// The newest batch. There is always one: the first, which is made with the topic, is empty.
pub fn newest(connection: &Connection) -> rusqlite::Result<BatchHead> {
    one(connection, "order by sequence desc limit 1")
}

/// The oldest batch that is kept.
pub fn oldest(connection: &Connection) -> rusqlite::Result<BatchHead> {
    one(connection, "order by sequence limit 1")
}

fn one(connection: &Connection, which: &str) -> rusqlite::Result<BatchHead> {
    connection.prepare_cached(&format!("select {HEAD} from batch {which}"))?.query_row([], head)
}

/// The heads of the oldest batches, at most `count`.
pub fn oldest_heads(connection: &Connection, count: u32) -> rusqlite::Result<Vec<BatchHead>> {
    connection
        .prepare_cached(&format!("select {HEAD} from batch order by sequence limit ?"))?
        .query_map([count], head)?
        .collect()
}

/// Removes the batches before `sequence`.
pub fn remove_before(connection: &Connection, sequence: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("delete from batch where sequence < ?")?
        .execute([sequence.cast_signed()])
        .map(drop)
}

/// Where a partition begins and ends.
pub fn ends(connection: &Connection, partition: Partition) -> rusqlite::Result<Ends> {
    let snapshot = connection.unchecked_transaction()?;
    let (oldest, newest) = (oldest(&snapshot)?, newest(&snapshot)?);
    let index = partition.0 as usize;
    Ok(Ends {
        first: Offset(oldest.shares[index].first()),
        next: Offset(newest.shares[index].next),
    })
}

/// What a read found.
pub enum Found {
    /// Records, the wanted one first.
    Records(Vec<Record>),
    /// The wanted offset is none of the partition's, which are these.
    Nothing(Ends),
}

/// Reads a partition from `from` on, within `limit`, all as of one moment.
pub fn read(
    connection: &Connection,
    partition: Partition,
    from: Offset,
    limit: BatchLimit,
) -> rusqlite::Result<Found> {
    let snapshot = connection.unchecked_transaction()?;
    let (oldest, newest) = (oldest(&snapshot)?, newest(&snapshot)?);
    let index = partition.0 as usize;
    let (first, next) = (oldest.shares[index].first(), newest.shares[index].next);
    if !(first..next).contains(&from.0) {
        return Ok(Found::Nothing(Ends { first: Offset(first), next: Offset(next) }));
    }
    let mut reading = Reading::new(partition, from, limit);
    while !reading.full && reading.from < next {
        let among = oldest.sequence..newest.sequence;
        let sequence = find(&snapshot, among, index, reading.from)?;
        reading.go_on_at(&snapshot, sequence)?;
    }
    Ok(Found::Records(reading.records))
}

/// The batch that holds a partition's record at `offset`, which is among these (the last one
/// included), by bisection.
fn find(
    connection: &Connection,
    among: std::ops::Range<u64>,
    partition: usize,
    offset: u64,
) -> rusqlite::Result<u64> {
    let mut select = connection.prepare_cached("select shares from batch where sequence = ?")?;
    let (mut low, mut high) = (among.start, among.end);
    while low < high {
        let middle = low.midpoint(high);
        let shares = select.query_row([middle.cast_signed()], |row| shares(row, 0))?;
        if shares[partition].next > offset {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// A read under way.
struct Reading {
    partition: Partition,
    /// The next record's offset.
    from: u64,
    limit: BatchLimit,
    room: usize,
    full: bool,
    records: Vec<Record>,
}

impl Reading {
    fn new(partition: Partition, from: Offset, limit: BatchLimit) -> Self {
        let records = Vec::with_capacity(limit.records.clamp(1, RESERVED_RECORDS_MAX));
        Self { partition, from: from.0, limit, room: limit.bytes, full: false, records }
    }

    /// Reads from the batch `sequence` on, until there is enough or too many had nothing.
    fn go_on_at(&mut self, connection: &Connection, sequence: u64) -> rusqlite::Result<()> {
        let mut select = connection.prepare_cached(&format!(
            "select {HEAD}, checksum, records from batch where sequence >= ? order by sequence"
        ))?;
        let mut rows = select.query([sequence.cast_signed()])?;
        let mut misses = 0;
        while let Some(row) = rows.next()? {
            let head = head(row)?;
            if head.shares[self.partition.0 as usize].count == 0 {
                misses += 1;
                if misses == MISSES_MAX {
                    break;
                }
                continue;
            }
            misses = 0;
            if self.take(row, &head)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, row: &Row<'_>, head: &BatchHead) -> rusqlite::Result<ControlFlow<()>> {
        let bytes = row.get_ref(5)?.as_blob()?;
        if batch::checksum(bytes) != row.get::<_, u32>(4)? {
            return Err(damaged(5, "a batch of records is not what was written"));
        }
        let index = self.partition.0 as usize;
        let short = || damaged(5, "a batch has fewer records than it says");
        let mut records = Records::new(batch::part_of(head, index, bytes).ok_or_else(short)?);
        let share = &head.shares[index];
        for offset in share.first()..share.next {
            if offset < self.from {
                records.skip().ok_or_else(short)?;
                continue;
            }
            let content = records.pop().ok_or_else(short)?;
            let fits =
                content.payload.len() <= self.room && self.records.len() < self.limit.records;
            if !fits && !self.records.is_empty() {
                self.full = true;
                return Ok(ControlFlow::Break(()));
            }
            self.room = self.room.saturating_sub(content.payload.len());
            self.records.push(Record {
                position: Position::new(self.partition, Offset(offset)),
                timestamp: head.timestamp,
                key: content.key,
                payload: content.payload,
                headers: content.headers,
            });
            self.from = offset + 1;
        }
        if !records.is_empty() {
            return Err(damaged(5, "a batch has more records than it says"));
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn head(row: &Row<'_>) -> rusqlite::Result<BatchHead> {
    Ok(BatchHead {
        sequence: row.get::<_, i64>(0)?.cast_unsigned(),
        timestamp: Timestamp(row.get(1)?),
        payload_bytes: row.get::<_, i64>(2)?.cast_unsigned(),
        shares: shares(row, 3)?,
    })
}

fn shares(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Share>> {
    match row.get_ref(column)? {
        ValueRef::Blob(blob) => batch::decode_shares(blob),
        _ => None,
    }
    .ok_or_else(|| damaged(column, "what a batch says of its partitions can't be read"))
}

fn damaged(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, what.into())
}
