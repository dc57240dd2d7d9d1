//! A process: an engine and a projector that live and die together.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use order_processor::engine::EngineWorker;
use order_processor::engine::live::LiveEngines;
use order_processor::partitions::Worker;
use order_processor::projector::ProjectorWorker;
use order_processor::{
    DeadLetterLimitSettings, EngineRoleSettings, ProjectorSettings, Role, Status, WorkerState,
};
use plain_order_book::Random;
use service_kit::config::{CommonArgs, Settings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::calls::{Caller, ProcessId};
use super::log::SimulatedLog;
use super::snapshots::{Disk, SimulatedSnapshots};
use super::store::SimulatedStore;
use super::world::World;
use crate::harness::PARTITION;

/// What all processes of a simulation are set to.
#[derive(Clone)]
pub struct ProcessSettings {
    pub engine: EngineRoleSettings,
    pub projector: ProjectorSettings,
}

/// The defaults, read once.
static DEFAULTS: LazyLock<ProcessSettings> = LazyLock::new(|| {
    let defaults = Settings::load_with(&CommonArgs::default(), "127.0.0.1:0", []).unwrap();
    let engine = defaults.section("engine").unwrap();
    ProcessSettings { engine, projector: defaults.section("projector").unwrap() }
});

impl ProcessSettings {
    /// Small batches, many snapshots, and retry delays that no other timer of a projector can meet:
    /// the simulation's own steps take whole multiples of four milliseconds, and so does the look
    /// at the checkpoint; where two ended in the same moment, tokio would choose at random.
    pub fn of(random: &mut Random) -> Self {
        let mut settings = DEFAULTS.clone();
        let mut up_to = |most: u64| 1 + random.below(most);
        let mut records = |most| NonZeroUsize::new(usize::try_from(up_to(most)).unwrap()).unwrap();
        settings.engine.batch_records = records(12);
        settings.projector.batch_records = records(12);
        settings.engine.snapshot_every_commands = up_to(20);
        settings.engine.snapshot_every = Duration::from_mins(1);
        settings.projector.retry_delays_ms = vec![41, 201];
        let enough = DeadLetterLimitSettings { records_max: 100_000, of_last: 100_000 };
        settings.engine.dead_letters = enough;
        settings.projector.dead_letters = enough;
        settings
    }
}

pub struct Process {
    pub id: ProcessId,
    /// No call of a frozen process is picked.
    pub frozen: bool,
    status: Status,
    stop: CancellationToken,
    workers: [JoinHandle<()>; 2],
    /// What each worker said last of why it waits.
    said: [Option<String>; 2],
}

impl Process {
    pub fn start(
        id: ProcessId,
        world: &Arc<World>,
        disk: &Disk,
        settings: &ProcessSettings,
    ) -> Self {
        let (status, stop) = (Status::default(), CancellationToken::new());
        let caller = |role| Caller { process: id, role };
        let log = |role| Arc::new(SimulatedLog { world: world.clone(), caller: caller(role) });
        let snapshots = Arc::new(SimulatedSnapshots {
            world: world.clone(),
            caller: caller(Role::Engine),
            disk: disk.clone(),
        });
        let engine = EngineWorker::new(
            log(Role::Engine),
            snapshots,
            settings.engine.clone(),
            status.clone(),
            LiveEngines::default(),
        );
        let store = SimulatedStore { world: world.clone(), caller: caller(Role::Projector) };
        let projector = ProjectorWorker::new(
            log(Role::Projector),
            Arc::new(store),
            settings.projector.clone(),
            status.clone(),
        );
        let workers = [
            work(engine.with_clock(world.clock), stop.clone()),
            work(projector.with_clock(world.clock), stop.clone()),
        ];
        Self { id, frozen: false, status, stop, workers, said: [None, None] }
    }

    /// Asks it to finish.
    pub fn stop(&mut self) {
        self.frozen = false;
        self.stop.cancel();
    }

    /// Whether it was asked to finish.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Whether both workers have returned.
    pub fn has_ended(&self) -> bool {
        self.workers.iter().all(JoinHandle::is_finished)
    }

    /// Waits for both workers; passes on the panic of one.
    pub async fn end(self) {
        for worker in self.workers {
            match worker.await {
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Ok(()) | Err(_) => {}
            }
        }
    }

    /// Dies wherever its workers stand.
    pub async fn crash(self) {
        for worker in &self.workers {
            worker.abort();
        }
        self.end().await;
    }

    /// Why a worker waits now, where it did not a moment ago. A worker that has given up is a fault.
    pub fn complaints(&mut self) -> Vec<(Role, String)> {
        let mut complaints = Vec::new();
        for (role, said) in Role::ALL.into_iter().zip(&mut self.said) {
            let says = match self.status.state(role, PARTITION) {
                Some(WorkerState::Waiting(why)) => Some(why),
                Some(WorkerState::Stopped(why)) => panic!("{role} of {:?} gave up: {why}", self.id),
                Some(WorkerState::Starting | WorkerState::Running) | None => None,
            };
            if says != *said {
                complaints.extend(says.clone().map(|why| (role, why)));
                *said = says;
            }
        }
        complaints
    }
}

fn work(worker: impl Worker, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move { worker.work(PARTITION, stop).await })
}
