//! The tables of a file, and its version.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::connection::use_write_ahead_log;
use super::failure::failure;
use crate::{LogError, Retention, TopicSpec};

/// The version of the files that this program writes; a file keeps its own as `user_version`.
pub const VERSION: i64 = 1;

/// The tables of a topic's file.
const TOPIC: &str = "
    create table topic (
        name              text    not null,
        partitions        integer not null,
        retention_age_ms  integer,
        retention_bytes   integer
    ) strict;
    create table partition (
        partition       integer primary key,
        first           integer not null,
        next            integer not null,
        last_timestamp  integer not null,
        payload_bytes   integer not null
    ) strict;
    create table record (
        partition  integer not null,
        offset     integer not null,
        timestamp  integer not null,
        key        blob,
        headers    blob,
        payload    blob    not null,
        primary key (partition, offset)
    ) without rowid, strict;
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
    create(path, connection, TOPIC, |connection| {
        let age = spec.retention.age.map(|age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let bytes = spec.retention.bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        connection.execute(
            "insert into topic values (?, ?, ?, ?)",
            params![spec.topic.as_str(), spec.partitions, age, bytes],
        )?;
        for partition in 0..spec.partitions {
            connection.execute("insert into partition values (?, 0, 0, 0, 0)", [partition])?;
        }
        connection.execute("insert into probe values (0)", [])?;
        Ok(())
    })
}

/// Makes the groups' tables where the file has none.
pub fn create_groups(path: &Path, connection: &mut Connection) -> Result<(), LogError> {
    create(path, connection, GROUPS, |connection| {
        connection.execute("insert into probe values (0)", []).map(drop)
    })
}

/// Several processes may be at it at once: whoever comes first makes the tables, in one
/// transaction, and the others find them.
fn create(
    path: &Path,
    connection: &mut Connection,
    tables: &str,
    fill: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<(), LogError> {
    if is_made(path, connection)? {
        return Ok(());
    }
    let failed = |error| failure(path, &error);
    use_write_ahead_log(connection).map_err(failed)?;
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    if is_made(path, &transaction)? {
        return Ok(());
    }
    let fill = || {
        transaction.execute_batch(tables)?;
        fill(&transaction)?;
        transaction.pragma_update(None, "user_version", VERSION)
    };
    fill().map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Whether the file has its tables; fails where they are of a version that this program is older
/// than.
pub fn is_made(path: &Path, connection: &Connection) -> Result<bool, LogError> {
    let version: i64 = connection
        .query_row("pragma user_version", [], |row| row.get(0))
        .map_err(|error| failure(path, &error))?;
    if version > VERSION {
        return Err(LogError::Configuration(format!(
            "{} was written by a newer program: its version is {version}, this program knows up \
             to {VERSION}",
            path.display()
        )));
    }
    Ok(version == VERSION)
}

/// What the file says of its topic, if it holds one.
pub fn read_topic(path: &Path, connection: &Connection) -> Result<Option<TopicRow>, LogError> {
    if !is_made(path, connection)? {
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
                    age: age.map(|ms| std::time::Duration::from_millis(ms.unsigned_abs())),
                    bytes: bytes.map(i64::unsigned_abs),
                },
            })
        })
        .optional()
        .map_err(|error| failure(path, &error))
}
