//! The tables of a file, and its version.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use order_domain::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use super::batch::{BatchHead, Share};
use super::batches;
use super::connection::{BUSY_TIMEOUT, use_write_ahead_log};
use super::failure::failure;
use crate::{LogError, Retention, TopicSpec};

/// The version of the topics' files that this program writes; a file keeps its own as
/// `user_version`.
const TOPIC_VERSION: i64 = 2;

/// The version of the file of consumer groups.
const GROUPS_VERSION: i64 = 1;

/// How long it waits before it looks again whether another process has made the tables.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The tables of a topic's file.
const TOPIC: &str = "
    create table topic (
        name              text    not null,
        partitions        integer not null,
        retention_age_ms  integer,
        retention_bytes   integer
    ) strict;
    create table batch (
        sequence       integer primary key,
        timestamp      integer not null,
        payload_bytes  integer not null,
        shares         blob    not null,
        checksum       integer not null,
        records        blob    not null
    ) strict;
    create table probe (checked integer not null) strict;
";

/// The tables of the file of consumer groups.
const GROUPS: &str = "
    create table member (
        group_id     text    not null,
        topic        text    not null,
        member       text    not null,
        incarnation  integer not null,
        expires      integer not null,
        primary key (group_id, topic, member)
    ) without rowid, strict;
    create table share (
        group_id   text    not null,
        topic      text    not null,
        partition  integer not null,
        owner      text    not null,
        revoked    integer,
        primary key (group_id, topic, partition)
    ) without rowid, strict;
    create table probe (checked integer not null) strict;
";

/// What a topic's file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRow {
    /// The topic's name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: u32,
    /// How long its records stay.
    pub retention: Retention,
}

/// Makes a topic's tables where the file has none.
pub fn create_topic(
    path: &Path,
    connection: &mut Connection,
    spec: &TopicSpec,
) -> Result<(), LogError> {
    create(path, connection, TOPIC_VERSION, TOPIC, |connection| {
        let age = spec.retention.age.map(|age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let bytes = spec.retention.bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        connection.execute(
            "insert into topic values (?, ?, ?, ?)",
            params![spec.topic.as_str(), spec.partitions, age, bytes],
        )?;
        let shares = vec![Share::default(); spec.partitions as usize];
        let first = BatchHead { sequence: 0, timestamp: Timestamp(0), payload_bytes: 0, shares };
        batches::insert(connection, &first, &[])?;
        connection.execute("insert into probe values (0)", [])?;
        Ok(())
    })
}

/// Makes the groups' tables where the file has none.
pub fn create_groups(path: &Path, connection: &mut Connection) -> Result<(), LogError> {
    create(path, connection, GROUPS_VERSION, GROUPS, |connection| {
        connection.execute("insert into probe values (0)", []).map(drop)
    })
}

/// Several processes may be at it at once: whoever comes first makes the tables, in one
/// transaction, and the others find them.
fn create(
    path: &Path,
    connection: &mut Connection,
    version: i64,
    tables: &str,
    fill: impl Fn(&Connection) -> rusqlite::Result<()>,
) -> Result<(), LogError> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    while !is_made(path, connection, version)? {
        let Err(error) = make(connection, version, tables, &fill) else { continue };
        // Of two that turn to a write-ahead log at once, SQLite sends one away without waiting, as
        // each would wait for the other.
        if !is_busy(&error) || Instant::now() > deadline {
            return Err(failure(path, &error));
        }
        sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Makes the tables, unless another process has.
fn make(
    connection: &mut Connection,
    version: i64,
    tables: &str,
    fill: impl Fn(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    use_write_ahead_log(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version_of(&transaction)? == 0 {
        transaction.execute_batch(tables)?;
        fill(&transaction)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn version_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("pragma user_version", [], |row| row.get(0))
}

/// Whether the file has its tables; fails where they are of another version than `known`.
fn is_made(path: &Path, connection: &Connection, known: i64) -> Result<bool, LogError> {
    let version = version_of(connection).map_err(|error| failure(path, &error))?;
    if version == 0 || version == known {
        return Ok(version == known);
    }
    let age = if version > known { "a newer" } else { "an older" };
    Err(LogError::Configuration(format!(
        "{} was written by {age} program: its version is {version}, this program's is {known}",
        path.display()
    )))
}

/// What the file says of its topic, if it holds one.
pub fn read_topic(path: &Path, connection: &Connection) -> Result<Option<TopicRow>, LogError> {
    if !is_made(path, connection, TOPIC_VERSION)? {
        return Ok(None);
    }
    connection
        .query_row("select * from topic", [], |row| {
            let age: Option<i64> = row.get("retention_age_ms")?;
            let bytes: Option<i64> = row.get("retention_bytes")?;
            Ok(TopicRow {
                name: row.get("name")?,
                partitions: row.get("partitions")?,
                retention: Retention {
                    age: age.map(|ms| Duration::from_millis(ms.unsigned_abs())),
                    bytes: bytes.map(i64::unsigned_abs),
                },
            })
        })
        .optional()
        .map_err(|error| failure(path, &error))
}

#[cfg(test)]
mod tests {
    use super::super::connection::{Purpose, open_or_create};
    use super::*;
    use crate::Topic;

    #[test]
    fn of_many_that_make_a_topic_at_once_nobody_fails() {
        const MAKERS: usize = 8;
        for _ in 0..20 {
            let directory = tempfile::tempdir().expect("a folder");
            let path = directory.path().join("made.sqlite");
            let topic = Topic::new("made").expect("a name");
            let spec = TopicSpec { topic, partitions: 3, retention: Retention::default() };
            let together = std::sync::Barrier::new(MAKERS);
            std::thread::scope(|scope| {
                for _ in 0..MAKERS {
                    scope.spawn(|| {
                        together.wait();
                        let mut connection =
                            open_or_create(&path, Purpose::Write).expect("it opens");
                        create_topic(&path, &mut connection, &spec).expect("it is made");
                        let found = read_topic(&path, &connection).expect("it is read");
                        assert_eq!(found.expect("a topic").partitions, 3);
                    });
                }
            });
        }
    }
}
