//! Opening SQLite files the way a log needs them.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::failure::failure;
use crate::LogError;

/// How long a statement waits for another process's write lock.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// A commit rewrites its last page whole, so small pages make small commits cheap.
pub const PAGE_BYTES: u32 = 4096;

/// What a write-ahead log keeps on disk once it is written back.
const JOURNAL_BYTES_KEPT: u32 = 64 * 1024 * 1024;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Commits survive a power cut.
    Write,
    /// Commits survive the process, but perhaps not a power cut.
    Lease,
    /// Reads only.
    Read,
}

impl Purpose {
    const fn pragmas(self) -> &'static str {
        match self {
            Self::Write => "pragma synchronous = full; pragma cache_size = -1024;",
            Self::Lease => "pragma synchronous = normal; pragma cache_size = -256;",
            Self::Read => "pragma query_only = true; pragma cache_size = -1024;",
        }
    }
}

/// Opens a file that exists.
pub fn open(path: &Path, purpose: Purpose) -> Result<Connection, LogError> {
    open_with(path, purpose, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens a file, and makes an empty one where there is none.
pub fn open_or_create(path: &Path, purpose: Purpose) -> Result<Connection, LogError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    open_with(path, purpose, flags)
}

fn open_with(path: &Path, purpose: Purpose, flags: OpenFlags) -> Result<Connection, LogError> {
    let prepared = || {
        let connection =
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // The writer decides when the write-ahead log is written back, see `checkpoint`.
        connection.execute_batch("pragma wal_autocheckpoint = 0;")?;
        connection.execute_batch(purpose.pragmas())?;
        connection.pragma_update(None, "journal_size_limit", JOURNAL_BYTES_KEPT)?;
        Ok(connection)
    };
    prepared().map_err(|error| failure(path, &error))
}

/// Gives an empty file its page size and its write-ahead log. Others see no difference.
pub fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "wal")
}

/// A number that differs from the last one this connection saw when another connection, of this
/// process or another, has committed since.
pub fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("pragma data_version")?.query_row([], |row| row.get(0))
}
