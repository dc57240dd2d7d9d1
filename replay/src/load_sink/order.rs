//! What reached the sink, and whether it came in order. Knows no network.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::ranges::Ranges;

/// Keys whose order is watched; requests of further ones are counted as unwatched.
pub const KEYS_MAX: usize = 1 << 20;

/// Missing stretches that a verdict names; the count is of all.
const MISSING_SHOWN_MAX: usize = 10;

/// Which order a sink demands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum Demand {
    /// All requests in the order of their sequence numbers.
    Global,
    /// The requests of each key in the order of their sequence numbers.
    #[default]
    Key,
    /// Only that every request comes.
    None,
}

/// What applying a request showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Nothing unusual.
    InOrder,
    /// It had taken effect before.
    Twice,
    /// A later one of the same key had taken effect before it.
    AfterLaterOfKey,
}

/// A request that took effect after a later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Swap {
    /// The request's.
    pub key: String,
    /// The request's.
    pub sequence: u64,
    /// Which one took effect too early.
    pub after: u64,
}

/// What a sink saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether nothing is missing and the demanded order was kept.
    pub in_order: bool,
    /// The order that was demanded.
    pub demand: Demand,
    /// Requests that reached the sink, each attempt counted.
    pub requests: u64,
    /// Requests that took effect for the first time.
    pub applied: u64,
    /// Requests that came once more after they had taken effect.
    pub twice: u64,
    /// Requests that were refused or came to nothing on purpose.
    pub refused: u64,
    /// Requests without a sequence number.
    pub unnumbered: u64,
    /// Requests of keys beyond the number that is watched.
    pub unwatched: u64,
    /// Keys that were seen.
    pub keys: u64,
    /// The lowest sequence number that took effect.
    pub first: Option<u64>,
    /// The highest.
    pub last: Option<u64>,
    /// Sequence numbers between them that did not.
    pub missing: u64,
    /// The first missing stretches, both ends inclusive.
    pub missing_stretches: Vec<(u64, u64)>,
    /// Requests that took effect after a later one of their key.
    pub swaps_in_key: u64,
    /// Requests that took effect after a later one of any key.
    pub swaps: u64,
    /// The first swap within a key.
    pub first_swap_in_key: Option<Swap>,
    /// The first swap between any two.
    pub first_swap: Option<Swap>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.in_order { "in order" } else { "NOT IN ORDER" };
        writeln!(f, "{verdict}")?;
        for (name, count) in [
            ("requests", self.requests),
            ("took effect", self.applied),
            ("came twice", self.twice),
            ("refused", self.refused),
            ("unnumbered", self.unnumbered),
            ("keys", self.keys),
            ("missing", self.missing),
            ("swaps", self.swaps),
            ("within a key", self.swaps_in_key),
        ] {
            writeln!(f, "  {name:<12} {count:>13}")?;
        }
        for (from, to) in &self.missing_stretches {
            writeln!(f, "  missing: {from} to {to}")?;
        }
        for (what, swap) in [("all", &self.first_swap), ("its key", &self.first_swap_in_key)] {
            if let Some(Swap { key, sequence, after }) = swap {
                writeln!(f, "  first swap within {what}: {sequence} ({key}) came after {after}")?;
            }
        }
        Ok(())
    }
}

/// Watches the order in which requests take effect.
#[derive(Debug, Default)]
pub struct OrderWatch {
    seen: Ranges,
    latest: u64,
    latest_of: HashMap<Box<str>, u64>,
    verdict: Verdict,
}

impl OrderWatch {
    /// Demands this order.
    pub fn new(demand: Demand) -> Self {
        Self { verdict: Verdict { demand, ..Verdict::default() }, ..Self::default() }
    }

    /// A request came, whatever becomes of it.
    pub fn arrived(&mut self) -> u64 {
        self.verdict.requests += 1;
        self.verdict.requests
    }

    /// A request was refused.
    pub fn refused(&mut self) {
        self.verdict.refused += 1;
    }

    /// A request took effect.
    pub fn applied(&mut self, sequence: Option<u64>, key: &str) -> Applied {
        let Some(sequence) = sequence else {
            self.verdict.unnumbered += 1;
            return Applied::InOrder;
        };
        if !self.seen.insert(sequence) {
            self.verdict.twice += 1;
            return Applied::Twice;
        }
        self.verdict.applied += 1;
        if sequence < self.latest {
            self.verdict.swaps += 1;
            let swap = || swap(key, sequence, self.latest);
            self.verdict.first_swap.get_or_insert_with(swap);
        }
        self.latest = self.latest.max(sequence);
        self.follow_key(sequence, key)
    }

    fn follow_key(&mut self, sequence: u64, key: &str) -> Applied {
        let Some(latest) = self.latest_of.get_mut(key) else {
            if self.latest_of.len() < KEYS_MAX {
                self.latest_of.insert(key.into(), sequence);
            } else {
                self.verdict.unwatched += 1;
            }
            return Applied::InOrder;
        };
        if sequence > *latest {
            *latest = sequence;
            return Applied::InOrder;
        }
        self.verdict.swaps_in_key += 1;
        let swap = || swap(key, sequence, *latest);
        self.verdict.first_swap_in_key.get_or_insert_with(swap);
        Applied::AfterLaterOfKey
    }

    /// What was seen until now.
    pub fn verdict(&self) -> Verdict {
        let missing = || self.seen.gaps();
        let mut verdict = Verdict {
            keys: self.latest_of.len() as u64,
            first: self.seen.first(),
            last: self.seen.last(),
            missing: missing().map(|(from, to)| to - from + 1).sum(),
            missing_stretches: missing().take(MISSING_SHOWN_MAX).collect(),
            ..self.verdict.clone()
        };
        let swaps = match verdict.demand {
            Demand::Global => verdict.swaps,
            Demand::Key => verdict.swaps_in_key,
            Demand::None => 0,
        };
        verdict.in_order = verdict.missing == 0 && swaps == 0;
        verdict
    }
}

fn swap(key: &str, sequence: u64, after: u64) -> Swap {
    Swap { key: key.to_owned(), sequence, after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(demand: Demand, applied: &[(u64, &str)]) -> Verdict {
        let mut watch = OrderWatch::new(demand);
        for (sequence, key) in applied {
            watch.arrived();
            watch.applied(Some(*sequence), key);
        }
        watch.verdict()
    }

    #[test]
    fn keys_may_pass_each_other_unless_all_must_be_in_order() {
        let applied = [(2, "b"), (1, "a"), (3, "a")];
        assert!(watch(Demand::Key, &applied).in_order);
        let strict = watch(Demand::Global, &applied);
        assert!(!strict.in_order);
        assert_eq!(strict.first_swap, Some(swap("a", 1, 2)));
    }

    #[test]
    fn a_swap_within_a_key_is_told() {
        let verdict = watch(Demand::Key, &[(1, "a"), (3, "a"), (2, "a")]);
        assert!(!verdict.in_order);
        assert_eq!((verdict.swaps_in_key, verdict.swaps), (1, 1));
        assert_eq!(verdict.first_swap_in_key, Some(swap("a", 2, 3)));
        assert!(watch(Demand::None, &[(3, "a"), (2, "a")]).in_order);
    }

    #[test]
    fn what_comes_again_is_no_swap() {
        let verdict = watch(Demand::Global, &[(1, "a"), (2, "a"), (1, "a")]);
        assert_eq!((verdict.in_order, verdict.twice, verdict.applied), (true, 1, 2));
    }

    #[test]
    fn a_gap_is_told() {
        let verdict = watch(Demand::None, &[(5, "a"), (8, "a"), (7, "b")]);
        assert_eq!((verdict.in_order, verdict.missing), (false, 1));
        assert_eq!(verdict.missing_stretches, [(6, 6)]);
        assert_eq!((verdict.first, verdict.last), (Some(5), Some(8)));
    }
}
