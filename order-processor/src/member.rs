//! This process's name in the consumer groups: unique, and the same after a restart, so that a
//! restart moves no partition (static membership, KIP-345).
//!
//! Each process that shares a data directory takes a place `<data directory>/members/<n>`: a file
//! with an id that was made up once, locked as long as the process lives, even if it is killed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use event_log::MemberId;
use uuid::Uuid;

/// The most processes that share a data directory.
const PLACES_MAX: u32 = 64;

/// A name that no other living process has. Dropping it lets another process take it.
pub struct Member {
    id: MemberId,
    _lock: File,
}

impl Member {
    /// Takes the first free place.
    pub fn take(data_dir: &Path) -> io::Result<Self> {
        let places = data_dir.join("members");
        fs::create_dir_all(&places)?;
        for place in 0..PLACES_MAX {
            let path = places.join(place.to_string());
            let file =
                OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            match file.try_lock() {
                Ok(()) => return Ok(Self { id: id_in(&file)?, _lock: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        let message = format!("{PLACES_MAX} processes share {} already", data_dir.display());
        Err(io::Error::other(message))
    }

    /// The name.
    pub const fn id(&self) -> &MemberId {
        &self.id
    }
}

fn id_in(mut file: &File) -> io::Result<MemberId> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    if let Ok(id) = Uuid::try_parse(text.trim()) {
        return Ok(MemberId(id.to_string()));
    }
    let id = Uuid::now_v7();
    file.set_len(0)?;
    io::Seek::rewind(&mut file)?;
    writeln!(file, "{id}")?;
    Ok(MemberId(id.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_among_the_living_and_taken_again_after_death() {
        let directory = tempfile::tempdir().unwrap();
        let first = Member::take(directory.path()).unwrap();
        let second = Member::take(directory.path()).unwrap();
        assert_ne!(first.id(), second.id());
        let name = first.id().clone();
        drop(first);
        assert_eq!(Member::take(directory.path()).unwrap().id(), &name);
    }
}
