//! How it goes: a few lines of a terminal, or now and then a line where there is none.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use measure::{IntervalFigures, LevelUnit, Measurement, Screen, show_count, show_rate, show_time};

use super::stages::Stages;
use super::tally::Tally;

/// How often the lines of a terminal are told anew.
const SHOW_EVERY: Duration = Duration::from_millis(250);
/// How often a line is written where there is no terminal.
const WRITE_EVERY: Duration = Duration::from_secs(5);
/// Intervals whose rate is shown as a curve.
const CURVE: usize = 32;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Kinds of errors that are named.
const ERRORS_MAX: usize = 3;

/// Tells how a load goes, on stderr.
pub(super) struct Live {
    screen: Screen,
    quiet: bool,
}

impl Live {
    pub(super) fn new(quiet: bool) -> Self {
        let screen = if quiet { Screen::hidden() } else { Screen::new("load") };
        Self { screen, quiet }
    }

    /// Tells until it is dropped.
    pub(super) async fn tell(
        &self,
        measurement: &Measurement,
        stages: &Stages,
        tally: &Tally,
    ) -> Infallible {
        let mut every = tokio::time::interval(SHOW_EVERY);
        let mut rates = VecDeque::new();
        let (mut seen, mut written) = (None, Instant::now());
        loop {
            every.tick().await;
            let last = measurement.last_interval();
            if let Some(interval) = &last
                && seen.is_none_or(|from: f64| interval.from_seconds > from)
            {
                seen = Some(interval.from_seconds);
                rates.push_back(interval.rate_per_second);
                if rates.len() > CURVE {
                    rates.pop_front();
                }
            }
            let now = Now::of(measurement, stages, tally, last);
            if !self.screen.is_hidden() {
                self.screen.show(&now.lines(&rates));
            } else if !self.quiet && written.elapsed() >= WRITE_EVERY {
                written = Instant::now();
                eprintln!("{}", now.line());
            }
        }
    }

    pub(super) fn finish(&self) {
        self.screen.finish();
    }
}

/// The moment that is told.
struct Now {
    stage: String,
    elapsed: Duration,
    length: Duration,
    level: String,
    ended: u64,
    in_flight: u64,
    errors: String,
    statuses: String,
    last: Option<IntervalFigures>,
}

impl Now {
    fn of(
        measurement: &Measurement,
        stages: &Stages,
        tally: &Tally,
        last: Option<IntervalFigures>,
    ) -> Self {
        let (live, elapsed) = (measurement.live(), measurement.begin_instant().elapsed());
        let (stage, level) = match stages.at(elapsed) {
            None => ("waiting for the last answers".to_owned(), String::new()),
            Some((level, name)) => {
                let level = match stages.unit() {
                    LevelUnit::PerSecond => format!("{} asked", show_rate(level)),
                    LevelUnit::Users => format!("{level:.0} users"),
                };
                (name.to_owned(), level)
            }
        };
        let mut errors: Vec<_> = measurement.errors().into_iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let more = if errors.len() > ERRORS_MAX { ", ..." } else { "" };
        let errors: Vec<_> = errors
            .iter()
            .take(ERRORS_MAX)
            .map(|(kind, count)| format!("{kind}: {}", show_count(*count)))
            .collect();
        let statuses = tally.statuses().into_iter();
        let statuses: Vec<_> =
            statuses.map(|(status, count)| format!("{status}: {}", show_count(count))).collect();
        Self {
            stage,
            elapsed,
            length: stages.length(),
            level,
            ended: live.ended,
            in_flight: live.in_flight,
            errors: format!("{}{more}", errors.join(", ")),
            statuses: statuses.join(", "),
            last,
        }
    }

    fn lines(&self, rates: &VecDeque<f64>) -> Vec<String> {
        let (elapsed, length) = (clock(self.elapsed), clock(self.length));
        let errors = if self.errors.is_empty() { "none" } else { &self.errors };
        vec![
            format!("{elapsed} of {length}  {}", self.stage),
            format!("  rate      {:>9}  {}  {}", self.rate(), curve(rates), self.level),
            format!("  latency   {}", self.latency()),
            format!(
                "  requests  {:>9}  {} in flight  {}",
                show_count(self.ended),
                show_count(self.in_flight),
                self.statuses
            ),
            format!("  errors    {errors}"),
            "  Ctrl-C ends the load with its report".to_owned(),
        ]
    }

    fn line(&self) -> String {
        let errors =
            if self.errors.is_empty() { "no errors".to_owned() } else { self.errors.clone() };
        let level =
            if self.level.is_empty() { String::new() } else { format!(" ({})", self.level) };
        format!(
            "{} {}: {}{level}, {}, {} in flight, {errors}",
            clock(self.elapsed),
            self.stage,
            self.rate(),
            self.latency(),
            show_count(self.in_flight)
        )
    }

    fn rate(&self) -> String {
        self.last.as_ref().map_or_else(|| "-".to_owned(), |it| show_rate(it.rate_per_second))
    }

    fn latency(&self) -> String {
        let Some(times) = self.last.as_ref().and_then(|interval| interval.latency_us) else {
            return "-".to_owned();
        };
        let time = |us: f64| show_time(Duration::from_secs_f64(us / 1e6));
        format!(
            "p50 {}  p90 {}  p99 {}  longest {}",
            time(times.p50),
            time(times.p90),
            time(times.p99),
            time(times.max)
        )
    }
}

/// `2:05`, or `1:02:05`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// One sign a value, the highest as high as can be.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 7")]
fn curve(values: &VecDeque<f64>) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| {
        let share = if most > 0.0 { value / most } else { 0.0 };
        BARS[(share * 7.0).round() as usize]
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_relative_to_its_highest() {
        assert_eq!(curve(&VecDeque::from([0.0, 50.0, 100.0])), "▁▅█");
        assert_eq!(curve(&VecDeque::from([0.0])), "▁");
        assert_eq!(curve(&VecDeque::new()), "");
    }

    #[test]
    fn times_are_told_as_a_clock_does() {
        assert_eq!(clock(Duration::from_secs(125)), "2:05");
        assert_eq!(clock(Duration::from_secs(3_725)), "1:02:05");
    }
}
