//! Snapshots as files: `<directory>/<partition>/<next offset of order-events>-<mark>.snapshot`, where
//! the mark is that of the record before that offset.
//!
//! They only save time. Lost or damaged ones are passed over, as long as `order-events` still has
//! what they covered.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use order_domain::{Offset, Partition, RecordMark};
use tokio::task::spawn_blocking;
use tracing::warn;

/// How many snapshots of a partition are kept: the newest, and one in case that is damaged.
const KEPT: usize = 2;

/// How the name of every snapshot ends.
const SUFFIX: &str = ".snapshot";

/// Where snapshots are kept.
#[async_trait]
pub trait SnapshotStore: Send + Sync + 'static {
    /// What is kept for `partition`, newest first. What can't be read is reported and left out.
    async fn newest_first(&self, partition: Partition) -> Vec<Kept>;

    /// Keeps a snapshot that covers what is before `events_next`, `last` being the mark of the record
    /// right there: durable and whole or not at all. Drops all but the newest two.
    async fn keep(
        &self,
        partition: Partition,
        events_next: Offset,
        last: Option<RecordMark>,
        bytes: Vec<u8>,
    ) -> io::Result<()>;
}

/// The folder of all snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots {
    directory: PathBuf,
}

/// A snapshot as it was kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The first offset of `order-events` that the snapshot does not cover.
    pub events_next: Offset,
    /// The mark of the record before it; `None` in the name of a file of an older build.
    pub last: Option<RecordMark>,
    /// The engine's own bytes.
    pub bytes: Vec<u8>,
}

impl Snapshots {
    /// Snapshots in `directory`, which is made when the first one is kept.
    pub const fn in_directory(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn directory_of(&self, partition: Partition) -> PathBuf {
        self.directory.join(partition.to_string())
    }
}

#[async_trait]
impl SnapshotStore for Snapshots {
    async fn newest_first(&self, partition: Partition) -> Vec<Kept> {
        let directory = self.directory_of(partition);
        let read = spawn_blocking(move || {
            let mut kept = Vec::new();
            for (Name { events_next, last }, path) in files_newest_first(&directory)? {
                match std::fs::read(&path) {
                    Ok(bytes) => kept.push(Kept { events_next, last, bytes }),
                    Err(error) => warn!(path = %path.display(), %error, "can't read a snapshot"),
                }
            }
            io::Result::Ok(kept)
        });
        match read.await {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Ok(Err(error)) => {
                warn!(%partition, %error, "can't list snapshots");
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    async fn keep(
        &self,
        partition: Partition,
        events_next: Offset,
        last: Option<RecordMark>,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        let directory = self.directory_of(partition);
        spawn_blocking(move || {
            std::fs::create_dir_all(&directory)?;
            write_whole(&directory, &Name { events_next, last }.to_string(), &bytes)?;
            for (_, path) in files_newest_first(&directory)?.into_iter().skip(KEPT) {
                std::fs::remove_file(path)?;
            }
            Ok(())
        })
        .await?
    }
}

fn write_whole(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = directory.join("unfinished");
    std::fs::write(&unfinished, bytes)?;
    std::fs::File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, directory.join(name))?;
    std::fs::File::open(directory)?.sync_all()
}

/// What a file's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    events_next: Offset,
    last: Option<RecordMark>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}", self.events_next.0)?;
        if let Some(mark) = self.last {
            write!(f, "-{mark}")?;
        }
        f.write_str(SUFFIX)
    }
}

impl Name {
    fn read(name: &str) -> Option<Self> {
        let name = name.strip_suffix(SUFFIX)?;
        let (offset, last) = match name.split_once('-') {
            Some((offset, mark)) => (offset, Some(mark.parse().ok()?)),
            None => (name, None),
        };
        Some(Self { events_next: Offset(offset.parse().ok()?), last })
    }
}

fn files_newest_first(directory: &Path) -> io::Result<Vec<(Name, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if let Some(name) = entry.file_name().to_str().and_then(Name::read) {
            files.push((name, entry.path()));
        }
    }
    files.sort_unstable_by(|left, right| right.cmp(left));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_two_are_kept_and_partitions_do_not_meet() {
        let directory = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::in_directory(directory.path().join("snapshots"));
        assert!(snapshots.newest_first(Partition(0)).await.is_empty());
        for offset in [5, 30, 100] {
            let bytes = offset.to_string().into_bytes();
            let last = Some(RecordMark(offset * 1_000));
            snapshots.keep(Partition(0), Offset(offset), last, bytes).await.unwrap();
        }
        snapshots.keep(Partition(1), Offset(7), None, b"other".to_vec()).await.unwrap();
        let kept = snapshots.newest_first(Partition(0)).await;
        let named: Vec<_> = kept.iter().map(|kept| (kept.events_next.0, kept.last)).collect();
        assert_eq!(named, [(100, Some(RecordMark(100_000))), (30, Some(RecordMark(30_000)))]);
        assert_eq!(kept[0].bytes, b"100");
        assert_eq!(snapshots.newest_first(Partition(1)).await[0].last, None);
    }
}
