//! From SQLite's errors to the log's.

use std::path::Path;

use rusqlite::ErrorCode;

use super::connection::BUSY_TIMEOUT;
use crate::LogError;

/// What an error of SQLite on the file `path` means to the log's caller.
pub fn failure(path: &Path, error: &rusqlite::Error) -> LogError {
    let file = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            LogError::Unavailable(format!("there is no room left on the disk for {file}"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LogError::Unavailable(
            format!("another process held the lock of {file} for over {BUSY_TIMEOUT:?}"),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            LogError::Corrupt(format!("{file}: {error}"))
        }
        Some(ErrorCode::PermissionDenied) => {
            LogError::Configuration(format!("this process may not write {file}"))
        }
        Some(_) => LogError::Unavailable(format!("{file} can't be read or written: {error}")),
        // SQLite is content, but what it gives is not what was put in.
        None => LogError::Corrupt(format!("{file}: {error}")),
    }
}
