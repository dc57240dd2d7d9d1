//! Snapshots as files: `<directory>/<partition>/<next offset of order-events>.snapshot`.
//!
//! They only save time. Lost or damaged ones are passed over, as long as `order-events` still has
//! what they covered.

use std::io;
use std::path::{Path, PathBuf};

use order_domain::{Offset, Partition};
use tokio::task::spawn_blocking;
use tracing::warn;

/// How many snapshots of a partition are kept: the newest, and one in case that is damaged.
const KEPT: usize = 2;

/// The folder of all snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots {
    directory: PathBuf,
}

/// A snapshot as it was kept.
pub struct Kept {
    /// The first offset of `order-events` that the snapshot does not cover.
    pub events_next: Offset,
    /// The engine's own bytes.
    pub bytes: Vec<u8>,
}

impl Snapshots {
    /// Snapshots in `directory`, which is made when the first one is kept.
    pub const fn in_directory(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// What is kept for `partition`, newest first. What can't be read is reported and left out.
    pub async fn newest_first(&self, partition: Partition) -> Vec<Kept> {
        let directory = self.directory_of(partition);
        let read = spawn_blocking(move || {
            let mut kept = Vec::new();
            for (events_next, path) in files_newest_first(&directory)? {
                match std::fs::read(&path) {
                    Ok(bytes) => kept.push(Kept { events_next, bytes }),
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

    /// Keeps a snapshot, durable and whole or not at all, and drops all but the newest two.
    pub async fn keep(
        &self,
        partition: Partition,
        events_next: Offset,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        let directory = self.directory_of(partition);
        spawn_blocking(move || {
            std::fs::create_dir_all(&directory)?;
            write_whole(&directory, &format!("{:020}.snapshot", events_next.0), &bytes)?;
            for (_, path) in files_newest_first(&directory)?.into_iter().skip(KEPT) {
                std::fs::remove_file(path)?;
            }
            Ok(())
        })
        .await?
    }

    fn directory_of(&self, partition: Partition) -> PathBuf {
        self.directory.join(partition.to_string())
    }
}

fn write_whole(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = directory.join("unfinished");
    std::fs::write(&unfinished, bytes)?;
    std::fs::File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, directory.join(name))?;
    std::fs::File::open(directory)?.sync_all()
}

fn files_newest_first(directory: &Path) -> io::Result<Vec<(Offset, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let is_snapshot = path.extension().is_some_and(|extension| extension == "snapshot");
        let offset =
            path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let (true, Some(offset)) = (is_snapshot, offset) {
            files.push((Offset(offset), path));
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
            snapshots.keep(Partition(0), Offset(offset), bytes).await.unwrap();
        }
        snapshots.keep(Partition(1), Offset(7), b"other".to_vec()).await.unwrap();
        let kept = snapshots.newest_first(Partition(0)).await;
        let offsets: Vec<_> = kept.iter().map(|kept| kept.events_next.0).collect();
        assert_eq!(offsets, [100, 30]);
        assert_eq!(kept[0].bytes, b"100");
    }
}
