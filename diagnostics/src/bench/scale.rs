//! How much is measured.

use std::time::Duration;

use measure::Rate;

use super::open_loop::Load;

/// The sizes of a run.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// How often ours and its ceiling take turns.
    pub rounds: usize,
    /// How long a side is loaded before its first round: files grow, connections and caches fill.
    pub warm_up: Duration,
    /// How long a broker that has just started is loaded before anything is measured on it.
    pub broker_warm_up: Duration,
    /// How long one side is loaded in a round.
    pub round: Duration,
    /// How long the all-in-one is loaded in a round: long enough for a backlog to show.
    pub sustained_round: Duration,
    /// Orders of a log from which a store is filled.
    pub fill_orders: u64,
    /// Orders of a log from which a store is rebuilt.
    pub rebuilt: u64,
    /// Few orders stored.
    pub stored_few: u64,
    /// Many orders stored.
    pub stored_many: u64,
    /// Requests that `replay serialout` sends over many connections in a round.
    pub replayed: u64,
    /// Requests that it sends one at a time in a round.
    pub replayed_one_by_one: u64,
    /// Entries that `replay serialin` copies in a round.
    pub copied: u64,
    /// Lines of an archive that is large.
    pub archived: u64,
    /// Requests that are sent at their recorded pace in a round.
    pub paced: u64,
    /// Orders of a day for the order book alone.
    pub book_orders: u64,
    /// Orders of a day for the engine alone.
    pub engine_orders: u64,
    /// Rows of made-up requests of each kind, in a round.
    pub made_up_rows: u32,
    /// The steady rate.
    pub load: Load,
}

impl Scale {
    /// The run that the bounds were made for, or a quick one.
    pub fn of(quick: bool) -> Self {
        let load = |warm_up, measured| Load {
            rate: Rate::per_second(1_000.0).expect("a rate"),
            warm_up: Duration::from_secs(warm_up),
            measured: Duration::from_secs(measured),
        };
        if quick {
            return Self {
                rounds: 1,
                warm_up: Duration::from_secs(1),
                broker_warm_up: Duration::from_secs(1),
                round: Duration::from_secs(1),
                sustained_round: Duration::from_secs(2),
                fill_orders: 20_000,
                rebuilt: 20_000,
                stored_few: 2_000,
                stored_many: 20_000,
                replayed: 20_000,
                replayed_one_by_one: 5_000,
                copied: 20_000,
                archived: 100_000,
                paced: 2_000,
                book_orders: 20_000,
                engine_orders: 5_000,
                made_up_rows: 4,
                load: load(1, 2),
            };
        }
        Self {
            rounds: 3,
            warm_up: Duration::from_secs(3),
            broker_warm_up: Duration::from_secs(40),
            round: Duration::from_secs(5),
            sustained_round: Duration::from_secs(10),
            fill_orders: 200_000,
            rebuilt: 1_000_000,
            stored_few: 10_000,
            stored_many: 1_000_000,
            replayed: 200_000,
            replayed_one_by_one: 50_000,
            copied: 1_000_000,
            archived: 10_000_000,
            paced: 10_000,
            book_orders: 1_000_000,
            engine_orders: 100_000,
            made_up_rows: 100,
            load: load(3, 10),
        }
    }
}
