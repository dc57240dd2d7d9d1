//! When enough is enough: a worker that dead-letters too much of what it reads has met a fault of
//! its own, not of the records, and stops before it has moved the whole topic.

use std::collections::VecDeque;

use crate::DeadLetterLimitSettings;

/// Counts dead letters among the last records.
#[derive(Debug)]
pub struct DeadLetterLimit {
    settings: DeadLetterLimitSettings,
    /// How many records were handled in all.
    handled: u64,
    /// Which of the last `of_last` records became dead letters, by their number.
    dead: VecDeque<u64>,
}

/// Too many dead letters: the worker must stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{dead} of the last {of_last} records became dead letters, more than the limit of \
     {records_max}; mend the cause or raise the limit, then restart"
)]
pub struct LimitReached {
    dead: usize,
    of_last: usize,
    records_max: usize,
}

impl DeadLetterLimit {
    /// Nothing counted yet.
    pub const fn new(settings: DeadLetterLimitSettings) -> Self {
        Self { settings, handled: 0, dead: VecDeque::new() }
    }

    /// `records` were handled without a dead letter.
    pub fn handled(&mut self, records: usize) {
        self.handled += records as u64;
        self.forget();
    }

    /// One more record is about to become a dead letter.
    pub fn dead_letter(&mut self) -> Result<(), LimitReached> {
        self.handled += 1;
        self.dead.push_back(self.handled);
        self.forget();
        let DeadLetterLimitSettings { records_max, of_last } = self.settings;
        if self.dead.len() > records_max {
            return Err(LimitReached { dead: self.dead.len(), of_last, records_max });
        }
        Ok(())
    }

    fn forget(&mut self) {
        let oldest = self.handled.saturating_sub(self.settings.of_last as u64);
        while self.dead.front().is_some_and(|number| *number <= oldest) {
            self.dead.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_at_the_record_after_the_last_that_is_allowed() {
        let settings = DeadLetterLimitSettings { records_max: 2, of_last: 10 };
        let mut limit = DeadLetterLimit::new(settings);
        assert_eq!(limit.dead_letter(), Ok(()));
        assert_eq!(limit.dead_letter(), Ok(()));
        limit.handled(8);
        assert_eq!(limit.dead_letter(), Ok(()), "the first lies more than 10 records back");
        assert_eq!(limit.dead_letter(), Ok(()), "so does the second");
        assert!(limit.dead_letter().is_err());
    }
}
