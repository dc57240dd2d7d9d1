//! The state, restored from any snapshots or from none, is that of an engine which was never disturbed.

use std::sync::Arc;

use order_domain::Offset;
use order_engine::EngineSettings;
use order_processor::Role;
use order_processor::engine::restore::restore;
use order_processor::engine::snapshots::SnapshotStore;

use super::Story;
use crate::harness::PARTITION;
use crate::simulation::Simulation;
use crate::simulation::calls::{Caller, ProcessId};
use crate::simulation::fate::Fate;
use crate::simulation::log::SimulatedLog;
use crate::simulation::snapshots::Disk;
use crate::simulation::world::World;

pub async fn check(story: &Story, simulation: &Simulation) {
    let expected = story.engine.state_hash();
    let empty = Disk::default();
    for disk in simulation.disks.iter().chain([&empty]) {
        let restored = restored(&simulation.world, disk, story.settings).await;
        assert_eq!(restored.next_source(), Offset(story.orders.len() as u64));
        assert_eq!(restored.state_hash(), expected, "with {} snapshots", disk.kept().len());
    }
}

/// Restores as a process does; its calls work.
async fn restored(
    world: &Arc<World>,
    disk: &dyn SnapshotStore,
    settings: EngineSettings,
) -> order_engine::Engine {
    let caller = Caller { process: ProcessId(0), role: Role::Engine };
    let log = SimulatedLog { world: world.clone(), caller };
    let mut restoring = std::pin::pin!(restore(&log, disk, PARTITION, settings));
    loop {
        tokio::select! {
            biased;
            restored = &mut restoring => return restored.expect("nothing fails").engine,
            () = tokio::task::yield_now() => {
                for waiting in world.calls.all() {
                    world.calls.tell(&waiting, Fate::Works);
                }
            }
        }
    }
}
