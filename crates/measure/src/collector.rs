//! Gathers what recorders counted, interval by interval. Knows no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ErrorKind;
use crate::series::{Interval, Series};
use crate::shard::Shards;
use crate::tally::Tally;

/// What a series begins with. Long runs end up with longer ones.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);

/// Times are since the beginning of the run.
#[derive(Debug)]
pub(crate) struct Collector {
    shards: Shards,
    /// Swapped with a shard's tally, so that the shard is locked for moments only.
    spare: Tally,
    total: Tally,
    series: Series,
    open: Interval,
    /// When the open interval is over.
    open_until: Duration,
}

impl Collector {
    pub(crate) fn new(shards: Shards) -> Self {
        Self {
            shards,
            spare: Tally::default(),
            total: Tally::default(),
            series: Series::default(),
            open: Interval::empty(Duration::ZERO),
            open_until: INTERVAL,
        }
    }

    /// Requests that failed, up to the last whole interval.
    pub(crate) fn failed(&self) -> u64 {
        self.total.failed.count()
    }

    /// The same, by kind.
    pub(crate) fn errors(&self) -> &BTreeMap<ErrorKind, u64> {
        &self.total.errors
    }

    pub(crate) fn series(&self) -> &Series {
        &self.series
    }

    /// Looks how much is under way, and closes the interval when it is over.
    pub(crate) fn look(&mut self, now: Duration) {
        self.open.in_flight.look(self.shards.in_flight());
        if now >= self.open_until {
            // A late look makes one interval longer and the next one shorter, not all of them late.
            while self.open_until <= now {
                self.open_until += INTERVAL;
            }
            let interval = self.close(now);
            self.series.push(interval);
        }
    }

    /// Closes what is open. A rest shorter than half an interval would show a rate made of noise: it
    /// joins the interval before.
    pub(crate) fn finish(mut self, now: Duration) -> (Tally, Series) {
        self.open.in_flight.look(self.shards.in_flight());
        let rest = self.close(now);
        if rest.length < INTERVAL / 2 {
            self.series.extend_last(rest);
        } else {
            self.series.push(rest);
        }
        (self.total, self.series)
    }

    /// The open interval, with everything counted until now; the next one is open then.
    fn close(&mut self, now: Duration) -> Interval {
        let (open, total) = (&mut self.open, &mut self.total);
        self.shards.drain(&mut self.spare, |tally| {
            open.count(tally);
            total.merge(tally);
        });
        let mut closed = std::mem::replace(open, Interval::empty(now));
        closed.length = now.saturating_sub(closed.from);
        closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Ended;

    const TENTH: Duration = Duration::from_millis(100);

    fn request(shards: &Shards, number: usize) {
        let ended = Ended {
            latency: TENTH,
            service_time: TENTH,
            start_delay: Duration::ZERO,
            outcome: Ok(()),
        };
        let home = shards.home(number);
        shards.start(home);
        shards.end(home, |tally| tally.count(ended));
    }

    /// One request before each of so many looks, ten a second; how many ended in each interval.
    fn intervals(looks: u32) -> Vec<u64> {
        let shards = Shards::new(3);
        let mut collector = Collector::new(shards.clone());
        for (look, number) in (1..=looks).zip(0..) {
            request(&shards, number);
            collector.look(TENTH * look);
        }
        let (total, series) = collector.finish(TENTH * looks);
        assert_eq!(total.succeeded.count(), u64::from(looks));
        let lengths: Duration = series.intervals().iter().map(|interval| interval.length).sum();
        assert_eq!(lengths, TENTH * looks);
        series.intervals().iter().map(Interval::ended).collect()
    }

    #[test]
    fn an_interval_is_a_second_and_a_short_rest_joins_the_last() {
        assert_eq!(intervals(3), [3]);
        assert_eq!(intervals(10), [10]);
        assert_eq!(intervals(14), [14]);
        assert_eq!(intervals(15), [10, 5]);
        assert_eq!(intervals(30), [10, 10, 10]);
    }

    #[test]
    fn a_look_that_comes_late_delays_no_later_interval() {
        let shards = Shards::new(1);
        let mut collector = Collector::new(shards.clone());
        collector.look(TENTH * 34);
        request(&shards, 0);
        collector.look(TENTH * 39);
        collector.look(TENTH * 41);
        let (_, series) = collector.finish(TENTH * 41);
        let found: Vec<_> =
            series.intervals().iter().map(|it| (it.from, it.length, it.ended())).collect();
        assert_eq!(found, [(Duration::ZERO, TENTH * 34, 0), (TENTH * 34, TENTH * 7, 1)]);
    }

    #[test]
    fn what_is_under_way_is_seen() {
        let shards = Shards::new(2);
        let mut collector = Collector::new(shards.clone());
        for started in [2, 0, 4] {
            (0..started).for_each(|number| shards.start(shards.home(number)));
            collector.look(TENTH);
        }
        let (_, series) = collector.finish(INTERVAL);
        let seen = series.intervals()[0].in_flight;
        assert_eq!(seen.max, 6);
        // 2, 2, 6, and 6 at the end.
        assert!((seen.mean() - 4.0).abs() < f64::EPSILON);
    }
}
