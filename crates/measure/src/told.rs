//! A run that was measured by somebody else, request by request.

use std::time::Duration;

use jiff::Timestamp;

use crate::collector::Collector;
use crate::shard::Shards;
use crate::tally::Ended;
use crate::{ErrorKind, Run};

/// How often it is looked how many requests were under way.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A request and when what happened to it, since the beginning of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// When it should have been sent.
    pub intended: Duration,
    /// When it was sent.
    pub sent: Duration,
    /// When it ended.
    pub ended: Duration,
    /// How.
    pub outcome: Result<(), ErrorKind>,
}

impl Run {
    /// The run that somebody else measured: as if a [`Measurement`](crate::Measurement) had been there,
    /// which looked ten times a second.
    pub fn told(started_at: Timestamp, elapsed: Duration, mut requests: Vec<Told>) -> Self {
        let shards = Shards::new(1);
        let home = shards.home(0);
        let mut collector = Collector::new(shards.clone());
        let mut sent: Vec<Duration> = requests.iter().map(|request| request.sent).collect();
        sent.sort_unstable();
        requests.sort_unstable_by_key(|request| request.ended);
        let (mut starts, mut ends) = (sent.into_iter().peekable(), requests.into_iter().peekable());
        let mut replay = |until: Duration| {
            while starts.next_if(|sent| *sent <= until).is_some() {
                shards.start(home);
            }
            while let Some(request) = ends.next_if(|request| request.ended <= until) {
                shards.end(home, |tally| tally.count(request.ended()));
            }
        };
        let mut look = LOOK_EVERY;
        while look < elapsed {
            replay(look);
            collector.look(look);
            look += LOOK_EVERY;
        }
        replay(Duration::MAX);
        let (tally, series) = collector.finish(elapsed);
        Self { started_at, elapsed, unfinished: 0, series, tally }
    }
}

impl Told {
    fn ended(self) -> Ended {
        Ended {
            latency: self.ended.saturating_sub(self.intended),
            service_time: self.ended.saturating_sub(self.sent),
            start_delay: self.sent.saturating_sub(self.intended),
            outcome: self.outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Ten a second, each a millisecond late and answered after two; every tenth fails.
    fn requests(count: u32) -> Vec<Told> {
        let request = |number: u32| {
            let intended = Duration::from_millis(100) * number;
            Told {
                intended,
                sent: intended + MILLISECOND,
                ended: intended + 3 * MILLISECOND,
                outcome: if number % 10 == 9 { Err(ErrorKind::Status(503)) } else { Ok(()) },
            }
        };
        // In no particular order.
        (0..count).rev().map(request).collect()
    }

    #[test]
    fn a_run_is_as_if_it_had_been_measured_here() {
        let run = Run::told(Timestamp::UNIX_EPOCH, Duration::from_secs(3), requests(30));
        assert_eq!((run.succeeded(), run.failed(), run.unfinished), (27, 3, 0));
        assert_eq!(run.errors()[&ErrorKind::Status(503)], 3);
        let ended: Vec<_> = run.series.intervals().iter().map(crate::Interval::ended).collect();
        assert_eq!(ended, [10, 10, 10]);
        let near = |found: Option<Duration>, expected: Duration| {
            let ratio = found.unwrap().div_duration_f64(expected);
            assert!((0.999..1.001).contains(&ratio), "{found:?} is not {expected:?}");
        };
        near(run.latency().max(), 3 * MILLISECOND);
        near(run.service_time().max(), 2 * MILLISECOND);
        near(run.start_delay().max(), MILLISECOND);
    }

    #[test]
    fn nothing_told_is_an_empty_run() {
        let run = Run::told(Timestamp::UNIX_EPOCH, Duration::from_secs(1), Vec::new());
        assert_eq!((run.ended(), run.rate().abs() < f64::EPSILON), (0, true));
    }
}
