//! Gathers what recorders counted, interval by interval. Knows no clock.

use std::time::Duration;

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
}

impl Collector {
    pub(crate) fn new(shards: Shards) -> Self {
        Self {
            shards,
            spare: Tally::default(),
            total: Tally::default(),
            series: Series::default(),
            open: Interval::empty(Duration::ZERO),
        }
    }

    /// Requests that failed, up to the last whole interval.
    pub(crate) fn failed(&self) -> u64 {
        self.total.failed.count()
    }

    pub(crate) fn series(&self) -> &Series {
        &self.series
    }

    /// Looks how much is under way, and closes the interval when it is over.
    pub(crate) fn look(&mut self, now: Duration) {
        self.open.in_flight.look(self.shards.in_flight());
        if now >= self.open.from + INTERVAL {
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
