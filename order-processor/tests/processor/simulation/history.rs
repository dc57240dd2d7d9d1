//! What happened, step by step: counted always, told where somebody wants to read it.

use std::fmt::Display;

use super::tally::Tally;

pub struct History {
    told: bool,
    steps: u64,
    pub tally: Tally,
}

impl History {
    pub fn new(told: bool) -> Self {
        Self { told, steps: 0, tally: Tally::default() }
    }

    /// Something happened: counted as `what`, told with its details.
    pub fn happened(&mut self, what: &'static str, details: impl Display) {
        self.tally.count(what);
        self.tell(format_args!("{what}: {details}"));
    }

    /// Told only.
    pub fn tell(&mut self, what: impl Display) {
        self.steps += 1;
        if self.told {
            println!("{:>5}  {what}", self.steps);
        }
    }
}
