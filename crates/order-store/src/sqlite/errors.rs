//! The one place that decides what an error of SQLite means.

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

use crate::StoreError;

/// Source of the primary codes: <https://www.sqlite.org/rescode.html>.
pub fn classify(error: Error) -> StoreError {
    match error {
        Error::Database(error) => by_code(code_of(&*error), error.message()),
        Error::Migrate(error) => classify_migration(*error),
        Error::Configuration(_)
        | Error::ColumnDecode { .. }
        | Error::Decode(_)
        | Error::ColumnNotFound(_)
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::TypeNotFound { .. } => StoreError::Configuration(error.to_string()),
        Error::Encode(_) => StoreError::Refused(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Whether somebody else holds the lock.
pub fn is_busy(error: &Error) -> bool {
    error.as_database_error().is_some_and(|error| code_of(error) & 0xff == SQLITE_BUSY)
}

fn code_of(error: &dyn DatabaseError) -> i32 {
    error.code().and_then(|code| code.parse().ok()).unwrap_or_default()
}

/// As [`classify`], for what the migrations came upon.
pub fn classify_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) => classify(error),
        MigrateError::ExecuteMigration(error, version) => match classify(error) {
            unavailable @ StoreError::Unavailable(_) => unavailable,
            other => StoreError::Configuration(format!("migration {version}: {other}")),
        },
        MigrateError::VersionMissing(version) => StoreError::Configuration(format!(
            "the schema has version {version}, which is newer than this build"
        )),
        other => StoreError::Configuration(other.to_string()),
    }
}

fn by_code(code: i32, message: &str) -> StoreError {
    let text = format!("{message} (SQLite code {code})");
    // The low byte is the primary code.
    match code & 0xff {
        SQLITE_TOOBIG | SQLITE_CONSTRAINT | SQLITE_MISMATCH | SQLITE_RANGE => {
            StoreError::Refused(text)
        }
        SQLITE_ERROR | SQLITE_PERM | SQLITE_CORRUPT | SQLITE_SCHEMA | SQLITE_AUTH
        | SQLITE_NOTADB => StoreError::Configuration(text),
        // Busy, locked, read-only, full, an I/O error, no memory, cannot open...
        _ => StoreError::Unavailable(text),
    }
}

const SQLITE_ERROR: i32 = 1;
const SQLITE_PERM: i32 = 3;
const SQLITE_BUSY: i32 = 5;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_SCHEMA: i32 = 17;
const SQLITE_TOOBIG: i32 = 18;
const SQLITE_CONSTRAINT: i32 = 19;
const SQLITE_MISMATCH: i32 = 20;
const SQLITE_AUTH: i32 = 23;
const SQLITE_RANGE: i32 = 25;
const SQLITE_NOTADB: i32 = 26;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_codes_are_judged_by_their_primary_code() {
        for (code, retryable) in [
            (5, true),     // busy
            (517, true),   // busy: snapshot
            (1032, true),  // read-only: the file was moved
            (13, true),    // disk full
            (14, true),    // cannot open
            (778, true),   // I/O error on write
            (1811, false), // a trigger's RAISE(ABORT)
            (2067, false), // unique
            (11, false),   // corrupt
            (1, false),    // no such table
        ] {
            assert_eq!(by_code(code, "").is_retryable(), retryable, "{code}");
        }
        assert!(matches!(by_code(1811, ""), StoreError::Refused(_)));
        assert!(matches!(by_code(1, ""), StoreError::Configuration(_)));
    }
}
