//! How much load when: stages one after the other, each a straight line from one level to another.

mod due;
mod parse;

use std::fmt;
use std::time::Duration;

use measure::{LevelUnit, Rate, StageFigures};

pub use due::Due;
pub use parse::StagesError;

/// Users at once, and requests a second, at most.
pub(super) const LEVEL_MAX: f64 = 1e6;
/// Of a whole load.
pub(super) const LENGTH_MAX: Duration = Duration::from_hours(24);

/// How much load when. As text: `ramp:1000/s:30s,hold:1min,spike:5000/s:5s,hold:30s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages {
    unit: LevelUnit,
    stages: Vec<Stage>,
}

#[derive(Clone, Debug, PartialEq)]
struct Stage {
    /// As it was typed.
    name: String,
    length: Duration,
    from: f64,
    to: f64,
}

impl Stages {
    /// One level all the time.
    pub fn hold_rate(rate: Rate, length: Duration) -> Self {
        Self::hold(LevelUnit::PerSecond, rate.as_per_second(), &rate.to_string(), length)
    }

    /// So many users all the time.
    pub fn hold_users(users: u32, length: Duration) -> Self {
        Self::hold(LevelUnit::Users, f64::from(users), &users.to_string(), length)
    }

    fn hold(unit: LevelUnit, level: f64, text: &str, length: Duration) -> Self {
        let name = format!("hold:{text}:{length:?}");
        Self { unit, stages: vec![Stage { name, length, from: level, to: level }] }
    }

    /// What the levels count.
    pub fn unit(&self) -> LevelUnit {
        self.unit
    }

    /// From the beginning of the first to the end of the last.
    pub fn length(&self) -> Duration {
        self.stages.iter().map(|stage| stage.length).sum()
    }

    /// The level, if it is the same all the time.
    pub fn constant(&self) -> Option<f64> {
        let first = self.stages.first()?.from;
        let same = |level: f64| (level - first).abs() < f64::EPSILON;
        self.stages.iter().all(|stage| same(stage.from) && same(stage.to)).then_some(first)
    }

    /// The highest level of all.
    pub fn most(&self) -> f64 {
        self.stages.iter().map(|stage| stage.from.max(stage.to)).fold(0.0, f64::max)
    }

    /// The level at this time since the beginning, and the name of the stage; `None` behind the end.
    pub fn at(&self, time: Duration) -> Option<(f64, &str)> {
        let mut begin = Duration::ZERO;
        for stage in &self.stages {
            let within = time.checked_sub(begin)?;
            if within < stage.length {
                let share = within.div_duration_f64(stage.length);
                return Some((stage.from + (stage.to - stage.from) * share, &stage.name));
            }
            begin += stage.length;
        }
        None
    }

    /// The time at which each request is due, since the beginning: the first at zero, and then so that
    /// their number is the area below the levels.
    pub fn due(&self) -> Due<'_> {
        Due::of(&self.stages)
    }

    /// For a report.
    pub fn figures(&self) -> Vec<StageFigures> {
        let mut begin = Duration::ZERO;
        let figures = self.stages.iter().map(|stage| {
            let from_seconds = begin.as_secs_f64();
            begin += stage.length;
            StageFigures {
                name: stage.name.clone(),
                from_seconds,
                seconds: stage.length.as_secs_f64(),
                from: stage.from,
                to: stage.to,
                unit: self.unit,
            }
        });
        figures.collect()
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.stages.iter().map(|stage| stage.name.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(text: &str) -> Stages {
        text.parse().unwrap()
    }

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} is not {right}");
    }

    #[test]
    fn a_spike_leaves_the_level_as_it_was() {
        let stages = stages("ramp:100/s:10s, hold:5s, spike:900/s:1s, hold:4s, ramp:0/s:10s");
        assert_eq!(stages.unit(), LevelUnit::PerSecond);
        assert_eq!(stages.length(), Duration::from_secs(30));
        for (at, level, name) in [
            (0.0, 0.0, "ramp:100/s:10s"),
            (5.0, 50.0, "ramp:100/s:10s"),
            (12.0, 100.0, "hold:5s"),
            (15.5, 900.0, "spike:900/s:1s"),
            (18.0, 100.0, "hold:4s"),
            (25.0, 50.0, "ramp:0/s:10s"),
        ] {
            let (found, stage) = stages.at(Duration::from_secs_f64(at)).unwrap();
            close(found, level);
            assert_eq!(stage, name);
        }
        assert_eq!(stages.at(Duration::from_secs(30)), None);
        close(stages.most(), 900.0);
    }

    #[test]
    fn users_are_whole_and_constant_levels_are_known() {
        let users = stages("ramp:200:30s,hold:1m");
        assert_eq!((users.unit(), users.constant()), (LevelUnit::Users, None));
        assert_eq!(stages("hold:7:1s,hold:1s").constant(), Some(7.0));
        assert_eq!(Stages::hold_users(3, Duration::from_secs(1)).constant(), Some(3.0));
    }

    #[test]
    fn they_are_shown_as_they_were_typed() {
        assert_eq!(stages("hold:5/s:1s, spike:9/s:1s").to_string(), "hold:5/s:1s,spike:9/s:1s");
    }
}
