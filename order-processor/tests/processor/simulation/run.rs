//! One seed, step by step.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use event_log::{Record, Topic};
use order_domain::OrderId;
use order_store::OrderRow;
use plain_order_book::Random;

use super::calls::{Call, Waiting};
use super::checks;
use super::fate::{Fate, Troubles};
use super::history::History;
use super::members::Members;
use super::process::{Process, ProcessSettings};
use super::snapshots::Disk;
use super::tally::Tally;
use super::world::World;

/// Commands of a seed, besides those that make the markets.
const COMMANDS_MIN: u32 = 10;
const COMMANDS_MAX: u32 = 60;
/// How many machines processes run on.
pub(super) const MACHINES: usize = 2;
/// Steps of time are whole multiples of this: see [`ProcessSettings::of`].
const MOMENT: Duration = Duration::from_millis(4);
/// The longest time that passes at once, in moments.
const MOMENTS_MAX: u64 = 500;

pub struct Simulation {
    pub(super) random: Random,
    pub(super) world: Arc<World>,
    pub(super) history: History,
    pub(super) processes: Vec<Process>,
    pub(super) disks: [Disk; MACHINES],
    pub(super) settings: ProcessSettings,
    /// The orders whose rows the store will never take.
    pub(super) refused_for_ever: BTreeSet<OrderId>,
    pub(super) troubles: Troubles,
    pub(super) members: Members,
    /// The orders whose rows the store takes at times.
    pub(super) doubtful: Vec<OrderId>,
    pub(super) started: u32,
}

/// What a simulation came to: equal for equal seeds.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    pub tally: Tally,
    topics: Vec<(Topic, Vec<Record>)>,
    rows: Vec<OrderRow>,
}

impl Simulation {
    /// Simulates a seed, tells every step if wanted, and panics where something does not hold.
    pub fn run(seed: u64, told: bool) -> End {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime of one thread");
        runtime.block_on(async {
            let mut simulation = Self::new(seed, told);
            simulation.go_wrong().await;
            simulation.come_to_rest().await;
            checks::check(&simulation).await;
            simulation.end()
        })
    }

    fn new(seed: u64, told: bool) -> Self {
        let mut random = Random::new(seed);
        let troubles = Troubles::of(&mut random);
        let settings = ProcessSettings::of(&mut random);
        let commands = COMMANDS_MIN + u32::try_from(random.below(COMMANDS_MAX.into())).unwrap();
        let members = Members::new(commands, &mut random);
        let mut history = History::new(told);
        history.tell(format_args!("seed {seed}: {commands} commands, {troubles:?}"));
        let mut simulation = Self {
            world: Arc::new(World::new()),
            history,
            processes: Vec::new(),
            disks: Default::default(),
            settings,
            refused_for_ever: BTreeSet::new(),
            troubles,
            members,
            doubtful: Vec::new(),
            started: 0,
            random,
        };
        simulation.make_the_store_refuse();
        simulation
    }

    /// Until all has been sent, and then some: whatever happens.
    async fn go_wrong(&mut self) {
        self.start_process();
        while !self.members.are_done() {
            self.settle().await;
            self.step().await;
        }
        for _ in 0..self.random.below(200) {
            self.settle().await;
            self.step().await;
        }
    }

    /// Lets every worker go on until it stands still. None needs more than a turn: what it waits for
    /// is a call, or time.
    pub(super) async fn settle(&mut self) {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        for process in &mut self.processes {
            for (role, why) in process.complaints() {
                let what = match &*why {
                    "another engine writes to this partition" => "an engine is deposed",
                    why if why.contains("was moved by another projector") => {
                        "a projector is overtaken"
                    }
                    _ => "a worker waits",
                };
                self.history.happened(what, format_args!("{role} of {:?}: {why}", process.id));
            }
        }
    }

    /// One thing happens.
    async fn step(&mut self) {
        let Troubles { crash, stop, start, freeze, time_passes, .. } = self.troubles;
        self.disturb();
        if self.random.happens(crash) {
            self.crash_process().await;
        } else if self.random.happens(stop) {
            self.stop_process();
        } else if self.random.happens(start) && self.processes.len() < self.troubles.processes_max {
            self.start_process();
        } else if self.random.happens(freeze) {
            self.freeze_or_thaw();
        } else if self.random.happens(time_passes) {
            self.pass_time().await;
        } else if self.random.happens(0.15) {
            let Self { members, world, troubles, random, history, .. } = self;
            members.send(world, troubles, random, history);
        } else {
            let fate = |call: &Call, of: &mut Self| of.troubles.fate(call, &mut of.random);
            self.pick_call(fate);
        }
        self.bury().await;
    }

    /// Picks one of the calls that can go on; `false` where there is none.
    pub(super) fn pick_call(&mut self, fate: impl FnOnce(&Call, &mut Self) -> Fate) -> bool {
        let mut can_go_on = self.world.calls.all();
        can_go_on.retain(|waiting| self.can_go_on(waiting));
        if can_go_on.is_empty() {
            return false;
        }
        let waiting = can_go_on.swap_remove(below(can_go_on.len(), &mut self.random));
        let (caller, call) = &waiting;
        let fate = fate(call, self);
        let what = match fate {
            Fate::Works => "a call works",
            Fate::WorksInPart(_) => "a part is done",
            Fate::Fails => "a call fails",
            Fate::FailsAfterwards => "a call works and fails",
            Fate::FailsInPart(_) => "a part is done, the rest fails",
            Fate::ComesLate => "an append comes late",
        };
        self.history
            .happened(what, format_args!("{} of {:?}: {call:?}", caller.role, caller.process));
        self.world.calls.tell(&waiting, fate);
        true
    }

    fn can_go_on(&self, (caller, call): &Waiting) -> bool {
        let frozen = |process: &Process| process.id == caller.process && process.frozen;
        let there = match call {
            Call::Read(topic, from) => self.world.topics().ends(topic).next > *from,
            _ => true,
        };
        there && !self.processes.iter().any(frozen)
    }

    async fn pass_time(&mut self) {
        let moments = 1 + u32::try_from(self.random.below(MOMENTS_MAX)).unwrap();
        self.history.tell(format_args!("{:?} pass", MOMENT * moments));
        tokio::time::sleep(MOMENT * moments).await;
    }

    fn end(self) -> End {
        let topics = self.world.topics();
        let topics =
            topics.iter().map(|(topic, records)| (topic.clone(), records.to_vec())).collect();
        End { tally: self.history.tally, topics, rows: self.world.store.all_rows() }
    }
}

/// An index below `length`, which must not be 0.
pub(super) fn below(length: usize, random: &mut Random) -> usize {
    usize::try_from(random.below(length as u64)).unwrap()
}
