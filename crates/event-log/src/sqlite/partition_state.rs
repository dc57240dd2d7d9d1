//! What a topic's file knows of each partition beside its records.

use order_domain::{Offset, Timestamp};
use rusqlite::{Connection, params};

use crate::Ends;

/// One row of the table `partition`. It outlives the records, so an offset is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// The oldest record that is kept; `next` where there is none.
    pub first: u64,
    /// The offset that the next record gets.
    pub next: u64,
    /// The newest record's timestamp.
    pub last_timestamp: i64,
    /// The payloads that are kept, in bytes.
    pub payload_bytes: u64,
}

impl PartitionState {
    /// Where the partition begins and ends.
    pub const fn ends(&self) -> Ends {
        Ends { first: Offset(self.first), next: Offset(self.next) }
    }

    /// The timestamp of a record that comes at `now`: time never runs backwards in a partition.
    pub fn timestamp_at(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.max(self.last_timestamp))
    }

    /// Writes the row.
    pub fn store(&self, connection: &Connection, partition: usize) -> rusqlite::Result<()> {
        let mut update = connection.prepare_cached(
            "update partition set first = ?, next = ?, last_timestamp = ?, payload_bytes = ?
             where partition = ?",
        )?;
        let (first, next) = (self.first.cast_signed(), self.next.cast_signed());
        let (bytes, partition) = (self.payload_bytes.cast_signed(), partition.cast_signed());
        update.execute(params![first, next, self.last_timestamp, bytes, partition]).map(drop)
    }
}

/// Reads the row of every partition, in order.
pub fn load_all(connection: &Connection) -> rusqlite::Result<Vec<PartitionState>> {
    let mut select = connection.prepare_cached(
        "select first, next, last_timestamp, payload_bytes from partition order by partition",
    )?;
    select.query_map([], state)?.collect()
}

/// Reads the row of one partition.
pub fn load(connection: &Connection, partition: u32) -> rusqlite::Result<PartitionState> {
    let mut select = connection.prepare_cached(
        "select first, next, last_timestamp, payload_bytes from partition where partition = ?",
    )?;
    select.query_row([partition], state)
}

fn state(row: &rusqlite::Row<'_>) -> rusqlite::Result<PartitionState> {
    let count = |column| row.get(column).map(i64::cast_unsigned);
    Ok(PartitionState {
        first: count(0)?,
        next: count(1)?,
        last_timestamp: row.get(2)?,
        payload_bytes: count(3)?,
    })
}
