//! No more than so many a second.

use std::time::{Duration, Instant};

use crate::Rate;

/// Tells when one thing after the other may begin, evenly. A time that nobody used is gone: what was slow
/// for a while is not made up for.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    gap: Duration,
    next: Instant,
}

impl RateLimit {
    /// The first may begin at `begin`.
    pub fn new(rate: Rate, begin: Instant) -> Self {
        Self { gap: Duration::from_secs_f64(1.0 / rate.as_per_second()), next: begin }
    }

    /// When the next may begin: at `now` or later.
    pub fn next(&mut self, now: Instant) -> Instant {
        let begin = self.next.max(now);
        self.next = begin + self.gap;
        begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_begins_a_gap_after_the_other_and_lost_time_is_not_made_up_for() {
        let begin = Instant::now();
        let mut limit = RateLimit::new("100/s".parse().unwrap(), begin);
        let mut at = |after_ms: u64| {
            let next = limit.next(begin + Duration::from_millis(after_ms));
            (next - begin).as_millis()
        };
        assert_eq!([at(0), at(0), at(0)], [0, 10, 20]);
        assert_eq!([at(500), at(500)], [500, 510], "half a second of them is gone");
    }
}
