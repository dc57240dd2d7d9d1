//! The snapshots of a machine as an engine on it sees them.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use order_domain::{Offset, Partition, RecordMark};
use order_processor::engine::snapshots::{Kept, SnapshotStore};

use super::calls::{Call, Caller};
use super::fate::Fate;
use super::world::World;
use crate::harness::PARTITION;

/// How many a machine keeps.
const KEPT: usize = 2;

/// What a machine keeps, oldest first. Outlives the processes on it. Clones share it.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Vec<Kept>>>);

impl Disk {
    pub fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct SimulatedSnapshots {
    pub world: Arc<World>,
    pub caller: Caller,
    pub disk: Disk,
}

/// Reading and keeping that always works: for the checks.
#[async_trait]
impl SnapshotStore for Disk {
    async fn newest_first(&self, partition: Partition) -> Vec<Kept> {
        assert_eq!(partition, PARTITION);
        self.kept().iter().rev().cloned().collect()
    }

    async fn keep(
        &self,
        partition: Partition,
        events_next: Offset,
        last: Option<RecordMark>,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        assert_eq!(partition, PARTITION);
        let mut kept = self.kept();
        kept.retain(|other| (other.events_next, other.last) != (events_next, last));
        kept.push(Kept { events_next, last, bytes });
        kept.sort_by_key(|kept| (kept.events_next, kept.last));
        let too_many = kept.len().saturating_sub(KEPT);
        kept.drain(..too_many);
        Ok(())
    }
}

#[async_trait]
impl SnapshotStore for SimulatedSnapshots {
    async fn newest_first(&self, partition: Partition) -> Vec<Kept> {
        match self.world.calls.fate_of(self.caller, Call::ReadSnapshots).await {
            Fate::Works => self.disk.newest_first(partition).await,
            _ => Vec::new(),
        }
    }

    async fn keep(
        &self,
        partition: Partition,
        events_next: Offset,
        last: Option<RecordMark>,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        let fate = self.world.calls.fate_of(self.caller, Call::KeepSnapshot).await;
        if fate != Fate::Fails {
            self.disk.keep(partition, events_next, last, bytes).await?;
        }
        if fate != Fate::Works {
            return Err(io::Error::other("the simulation wants it so"));
        }
        self.world.calls.fate_of(self.caller, Call::Answer).await;
        Ok(())
    }
}
