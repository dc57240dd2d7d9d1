//! Records as rows.

use bytes::Bytes;
use order_domain::{Offset, Partition, Position, Timestamp};
use rusqlite::types::{FromSqlError, ValueRef};
use rusqlite::{CachedStatement, Connection, Row, params};

use super::headers;
use crate::{BatchLimit, NewRecord, Record};

/// The most memory a read reserves before it knows how many records there are.
const RESERVED_RECORDS_MAX: usize = 1024;

/// Inserts records; one statement for a whole transaction.
pub struct Inserter<'c> {
    statement: CachedStatement<'c>,
    headers: Vec<u8>,
}

impl<'c> Inserter<'c> {
    /// Prepares the statement.
    pub fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let statement =
            connection.prepare_cached("insert into record values (?, ?, ?, ?, ?, ?)")?;
        Ok(Self { statement, headers: Vec::new() })
    }

    /// Inserts one record.
    pub fn insert(
        &mut self,
        partition: usize,
        offset: u64,
        timestamp: Timestamp,
        record: &NewRecord,
    ) -> rusqlite::Result<()> {
        self.headers.clear();
        headers::encode(&record.headers, &mut self.headers);
        self.statement
            .execute(params![
                partition.cast_signed(),
                offset.cast_signed(),
                timestamp.0,
                present(&record.key),
                present(&self.headers),
                &*record.payload,
            ])
            .map(drop)
    }
}

/// Empty is stored as nothing.
fn present(blob: &[u8]) -> Option<&[u8]> {
    (!blob.is_empty()).then_some(blob)
}

/// Reads what the file has of a partition from `from` on, within `limit`.
pub fn read(
    connection: &Connection,
    partition: Partition,
    from: Offset,
    limit: BatchLimit,
) -> rusqlite::Result<Vec<Record>> {
    let mut select = connection.prepare_cached(
        "select offset, timestamp, key, headers, payload from record
         where partition = ? and offset >= ? order by offset limit ?",
    )?;
    let count = limit.records.max(1);
    let mut rows = select.query(params![partition.0, as_integer(from), count.cast_signed()])?;
    let mut batch = Vec::with_capacity(count.min(RESERVED_RECORDS_MAX));
    let mut room = limit.bytes;
    while let Some(row) = rows.next()? {
        let size = row.get_ref(4)?.as_blob()?.len();
        if size > room && !batch.is_empty() {
            break;
        }
        room = room.saturating_sub(size);
        batch.push(record(partition, row)?);
    }
    Ok(batch)
}

/// An offset as SQLite has it. No record ever stands beyond the largest integer.
fn as_integer(offset: Offset) -> i64 {
    i64::try_from(offset.0).unwrap_or(i64::MAX)
}

fn record(partition: Partition, row: &Row<'_>) -> rusqlite::Result<Record> {
    let bytes = |column| match row.get_ref(column)? {
        ValueRef::Null => Ok(Bytes::new()),
        value => Ok::<_, rusqlite::Error>(Bytes::copy_from_slice(value.as_blob()?)),
    };
    let headers = match row.get_ref(3)? {
        ValueRef::Null => Some(crate::Headers::new()),
        value => headers::decode(value.as_blob()?),
    };
    Ok(Record {
        position: Position::new(partition, Offset(row.get::<_, i64>(0)?.cast_unsigned())),
        timestamp: Timestamp(row.get(1)?),
        key: bytes(2)?,
        payload: bytes(4)?,
        headers: headers.ok_or(FromSqlError::InvalidType)?,
    })
}
