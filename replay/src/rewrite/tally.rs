//! What came of the ids of a run.

use std::fmt;

/// What came of the ids of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pairs of a recorded and a new id that were learned from answers.
    pub learned: u64,
    /// Values that were replaced by what was learned.
    pub replaced: u64,
    /// Values that were replaced by fresh ids.
    pub freshened: u64,
    /// Answers that should have brought an id and did not.
    pub missed: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { learned, replaced, freshened, missed } = self;
        write!(f, "{learned} learned, {replaced} replaced, {freshened} made fresh, {missed} missed")
    }
}
