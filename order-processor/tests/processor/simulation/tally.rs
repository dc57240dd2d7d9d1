//! How often things happened, over many seeds: a simulation in which nothing goes wrong shows nothing.

use std::collections::BTreeMap;

/// What must happen somewhere in [`ENOUGH`] seeds.
const EXPECTED: [&str; 26] = [
    "a command is sent",
    "a command is sent again",
    "a command is altered",
    "a record is no command",
    "a member hears of no answer",
    "a call fails",
    "a call works and fails",
    "a part is done",
    "a part is done, the rest fails",
    "an append comes late",
    "a late append lands",
    "a late append is lost",
    "a process starts",
    "a process stops",
    "a process dies",
    "a process freezes",
    "an engine is deposed",
    "a projector is overtaken",
    "an engine has a snapshot",
    "a snapshot is damaged",
    "somebody else writes to order-events",
    "a deposed engine of another build repeats a decision",
    "an engine of another build decides",
    "the store refuses an order",
    "an order is dead-lettered",
    "a dead letter is sent again",
];

/// So many seeds are enough for everything to happen.
const ENOUGH: u64 = 500;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    seeds: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Takes in what one seed gave.
    pub fn add_seed(&mut self, seed: &Self) {
        self.seeds += 1;
        self.add_counts(seed);
    }

    /// Takes in what other seeds gave.
    pub fn add(&mut self, others: &Self) {
        self.seeds += others.seeds;
        self.add_counts(others);
    }

    fn add_counts(&mut self, others: &Self) {
        for (what, count) in &others.counts {
            *self.counts.entry(what).or_default() += count;
        }
    }

    pub fn print(&self) {
        println!("{} seeds", self.seeds);
        for (what, count) in &self.counts {
            println!("{count:>10}  {what}");
        }
    }

    pub fn check_that_everything_happened(&self) {
        let never = |what: &&&str| !self.counts.contains_key(**what);
        let missing: Vec<_> = EXPECTED.iter().filter(never).collect();
        assert!(self.seeds < ENOUGH || missing.is_empty(), "never happened: {missing:?}");
    }
}
