//! A simulation of the processor: the real workers of engine and projector, several processes of them at
//! once on one partition, over a log, a store and snapshots in memory that a seed lets fail.
//!
//! Every call that a worker makes stands still until the simulation picks it and says how it goes
//! ([`fate`]): it works, it fails, it works and its answer is lost, a part of it works, its records
//! come late. Between two such steps members send commands (some twice, some altered, some that are
//! none), and processes start, stop, freeze and die wherever they stand. Everything random comes from the
//! seed, and time is tokio's paused one: one seed is one history. When all has been sent, the troubles
//! end, the processes come to rest, and [`checks`] says what must hold.
//!
//! ```sh
//! cargo test -p order-processor --test processor every_seed                                   # some thousand
//! SERIATIM_SIMULATION_SEEDS=100000 cargo test -p order-processor --test processor every_seed  # 0 to 99,999
//! SERIATIM_SIMULATION_SEEDS=7000..9000 cargo test -p order-processor --test processor every_seed
//! SERIATIM_SIMULATION_SEED=4711 cargo test -p order-processor --test processor every_seed     # step by step
//! ```
//!
//! Not in it: the group that shares the partitions out, since several engines at once are worse than any
//! rebalance; files, sockets and SQL, which the contract suites of log and store try.

mod calls;
mod checks;
mod disturbances;
mod fate;
mod history;
mod log;
mod members;
mod other_build;
mod process;
mod processes;
mod requests;
mod rest;
mod run;
mod seeds;
mod snapshots;
mod store;
mod tally;
mod topics;
mod world;

use run::Simulation;
use seeds::Seeds;

#[test]
fn every_seed_keeps_what_was_promised() {
    let tally = Seeds::of_environment().simulate();
    tally.print();
    tally.check_that_everything_happened();
}

#[test]
fn a_seed_is_one_history() {
    for seed in 0..100 {
        assert_eq!(Simulation::run(seed, false), Simulation::run(seed, false), "seed {seed}");
    }
}
