//! Which file a path names, to notice that a file in use was removed or replaced.
//!
//! A process can go on writing to a file that nobody can find any more, and every write succeeds: what
//! would be acknowledged so would be lost with the process.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::Connection;

use crate::LogError;

/// A topic's file and its write-ahead log, held open: so no other file can have their identity, and
/// SQLite, which removes a write-ahead log when nobody has it open, keeps this one.
pub struct OpenFiles {
    files: [(PathBuf, Identity); 2],
    _held_by: Mutex<Connection>,
}

/// A file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl OpenFiles {
    /// The files of the database at `path`, from which `connection` has read.
    pub fn of(path: &Path, connection: Connection) -> Result<Self, LogError> {
        let named = |path: PathBuf| match Identity::of(&path) {
            Ok(identity) => Ok((path, identity)),
            Err(error) => Err(not_found(&path, &error)),
        };
        let files = [named(path.to_owned())?, named(write_ahead_log(path))?];
        Ok(Self { files, _held_by: Mutex::new(connection) })
    }

    /// Makes sure that their paths still name these files.
    pub fn check(&self) -> Result<(), LogError> {
        self.files.iter().try_for_each(|(path, identity)| identity.check(path))
    }
}

impl Identity {
    /// The file that `path` names now.
    fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    fn check(self, path: &Path) -> Result<(), LogError> {
        match Self::of(path) {
            Ok(found) if found == self => Ok(()),
            Ok(_) => Err(LogError::Unavailable(format!(
                "{} was replaced while it was in use; bring it back, or restart",
                path.display()
            ))),
            Err(error) => Err(not_found(path, &error)),
        }
    }
}

fn not_found(path: &Path, error: &io::Error) -> LogError {
    let path = path.display();
    LogError::Unavailable(if error.kind() == io::ErrorKind::NotFound {
        format!("{path} was removed while it was in use; bring it back, or restart")
    } else {
        format!("{path} can't be found: {error}")
    })
}

#[cfg(unix)]
impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// Elsewhere a file that is open can't be removed.
#[cfg(not(unix))]
impl From<&Metadata> for Identity {
    fn from(_: &Metadata) -> Self {
        Self { device: 0, inode: 0 }
    }
}

/// Where what was written last stands.
fn write_ahead_log(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
