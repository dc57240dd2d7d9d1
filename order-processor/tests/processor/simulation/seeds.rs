//! Which seeds are simulated, and how one that fails is told.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::run::Simulation;
use super::tally::Tally;

/// How many are simulated unless somebody asks for others.
const USUAL: u64 = 2_000;
/// Seeds that found a fault, and which. Always simulated.
const FOUND: [(u64, &str); 3] = [
    (1, "of two builds at once, a late batch lost its first decision and won the next ones"),
    (679, "a projector read what is parked, then the checkpoints that another had moved meanwhile"),
    (1_329, "a projector did not free what another had parked meanwhile"),
];
/// The variable with a number of seeds, or a range of them.
const SEEDS: &str = "SERIATIM_SIMULATION_SEEDS";
/// The variable with one seed, which is told step by step.
const SEED: &str = "SERIATIM_SIMULATION_SEED";

#[derive(Debug)]
pub enum Seeds {
    Many(Range<u64>),
    One(u64),
}

impl Seeds {
    pub fn of_environment() -> Self {
        let variable = |name| std::env::var(name).ok();
        if let Some(seed) = variable(SEED) {
            return Self::One(number(&seed));
        }
        match variable(SEEDS) {
            Some(text) => match text.split_once("..") {
                Some((from, to)) => Self::Many(number(from)..number(to)),
                None => Self::Many(0..number(&text)),
            },
            None => Self::Many(0..USUAL),
        }
    }

    /// Simulates them; panics where one fails.
    pub fn simulate(self) -> Tally {
        match self {
            Self::One(seed) => {
                let mut tally = Tally::default();
                tally.add_seed(&Simulation::run(seed, true).tally);
                tally
            }
            Self::Many(seeds) => many(seeds),
        }
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no seed; {SEEDS} is 5000 or 7000..9000"))
}

/// Simulates those that found a fault and then `seeds`, on every core, one after another as they come.
fn many(seeds: Range<u64>) -> Tally {
    let seed_at = |number: usize| match number.checked_sub(FOUND.len()) {
        Some(number) => seeds.clone().nth(number),
        None => Some(FOUND[number].0),
    };
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        let mut tally = Tally::default();
        while failed.lock().unwrap().is_empty() {
            let Some(seed) = seed_at(next.fetch_add(1, Ordering::Relaxed)) else { return tally };
            if let Ok(end) = catch_unwind(AssertUnwindSafe(|| Simulation::run(seed, false))) {
                tally.add_seed(&end.tally);
            } else {
                failed.lock().unwrap().push(seed);
            }
        }
        tally
    };
    let tally = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let working: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let mut tally = Tally::default();
        for tallied in working {
            tally.add(&tallied.join().expect("a failing seed is caught"));
        }
        tally
    });
    if let Some(seed) = failed.into_inner().unwrap().into_iter().min() {
        panic!(
            "seed {seed} fails; step by step:\n\n    \
             {SEED}={seed} cargo test -p order-processor --test processor every_seed\n"
        );
    }
    tally
}
