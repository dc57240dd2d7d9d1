//! How much load when: stages one after the other, each a straight line from one level to another.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use measure::{LevelUnit, Rate, StageFigures};

use crate::quantity;

/// Stages in one text.
const STAGES_MAX: usize = 100;
/// Users at once, and requests a second, at most.
pub(super) const LEVEL_MAX: f64 = 1e6;
/// Of a whole load.
const LENGTH_MAX: Duration = Duration::from_hours(24);

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

/// Text that tells no stages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StagesError {
    /// A stage that can't be read.
    #[error("stage {number}, `{text}`: {problem}")]
    Stage {
        /// Counted from 1.
        number: usize,
        /// As it was typed.
        text: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// All of it.
    #[error("{0}")]
    Whole(String),
}

const FORMS: &str = "expected `ramp:<level>:<time>`, `hold:<time>`, `hold:<level>:<time>` or \
                     `spike:<level>:<time>`";
const LEVELS: &str = "a level is a rate like `1000/s`, or a number of users like `200`";

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
        Due { stages: &self.stages, begin: Duration::ZERO, before: 0.0, told: 0 }
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

/// When one request after the other is due.
#[derive(Clone, Debug)]
pub struct Due<'a> {
    stages: &'a [Stage],
    /// Of the first of the stages that are left.
    begin: Duration,
    /// Requests that were due in the stages before, a fraction included.
    before: f64,
    told: u64,
}

impl Iterator for Due<'_> {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
        let number = self.told as f64;
        loop {
            let (stage, rest) = self.stages.split_first()?;
            let here = f64::midpoint(stage.from, stage.to) * stage.length.as_secs_f64();
            // What is lost in rounding must not add a request at the very end of a stage.
            if number < self.before + here - 1e-9 {
                self.told += 1;
                let after = stage.time_of(number - self.before);
                return Some(self.begin + after.min(stage.length));
            }
            self.before += here;
            self.begin += stage.length;
            self.stages = rest;
        }
    }
}

impl Stage {
    /// When so many requests are due, since the beginning of the stage: where the area below the line,
    /// `from * t + slope * t^2 / 2`, is that number.
    fn time_of(&self, number: f64) -> Duration {
        let number = number.max(0.0);
        let slope = (self.to - self.from) / self.length.as_secs_f64();
        let root = 2.0f64.mul_add(slope * number, self.from * self.from).max(0.0).sqrt();
        let divisor = self.from + root;
        // The form that divides by the sum loses no digits where the slope is slight.
        let seconds = if divisor > 0.0 { 2.0 * number / divisor } else { 0.0 };
        Duration::try_from_secs_f64(seconds).unwrap_or(self.length)
    }
}

impl FromStr for Stages {
    type Err = StagesError;

    fn from_str(text: &str) -> Result<Self, StagesError> {
        let mut reading = Reading { unit: None, level: None, stages: Vec::new() };
        for (index, part) in text.split(',').enumerate() {
            let wrong = |problem: String| StagesError::Stage {
                number: index + 1,
                text: part.trim().to_owned(),
                problem,
            };
            if index == STAGES_MAX {
                return Err(wrong(format!("at most {STAGES_MAX} stages")));
            }
            reading.take(part.trim()).map_err(wrong)?;
        }
        let whole = |problem: &str| StagesError::Whole(problem.to_owned());
        let unit = reading.unit.ok_or_else(|| whole("no stage names a level"))?;
        let stages = Self { unit, stages: reading.stages };
        if stages.most() <= 0.0 {
            return Err(whole("all levels are zero: nothing would be sent"));
        }
        if stages.length() > LENGTH_MAX {
            return Err(whole("all stages together are longer than 24 h"));
        }
        Ok(stages)
    }
}

/// What was read so far.
struct Reading {
    unit: Option<LevelUnit>,
    /// Where the stage before ended; nothing yet is zero.
    level: Option<f64>,
    stages: Vec<Stage>,
}

impl Reading {
    fn take(&mut self, text: &str) -> Result<(), String> {
        let parts: Vec<_> = text.split(':').map(str::trim).collect();
        match *parts {
            ["ramp", level, length] => {
                let (from, to) = (self.level.unwrap_or(0.0), self.level(level)?);
                self.push(text, length, from, to)?;
                self.level = Some(to);
            }
            ["hold", level, length] => {
                let level = self.level(level)?;
                self.push(text, length, level, level)?;
                self.level = Some(level);
            }
            ["hold", length] => {
                let level = self.level.ok_or("there is no level yet to hold")?;
                self.push(text, length, level, level)?;
            }
            // Afterwards the level is what it was before.
            ["spike", level, length] => {
                let level = self.level(level)?;
                self.push(text, length, level, level)?;
            }
            _ => return Err(FORMS.to_owned()),
        }
        Ok(())
    }

    fn push(&mut self, name: &str, length: &str, from: f64, to: f64) -> Result<(), String> {
        let length = quantity::time(length)?;
        if length.is_zero() {
            return Err("a stage takes some time".to_owned());
        }
        self.stages.push(Stage { name: name.to_owned(), length, from, to });
        Ok(())
    }

    fn level(&mut self, text: &str) -> Result<f64, String> {
        let wrong = || format!("`{text}` is no level: {LEVELS}");
        let (level, unit) = if text.contains('/') {
            // A ramp may begin or end at nothing, where a rate is always above it.
            let nothing = text == "0/s";
            let rate = if nothing { Some(0.0) } else { text.parse().ok().map(Rate::as_per_second) };
            (rate.ok_or_else(wrong)?, LevelUnit::PerSecond)
        } else {
            let users: u32 = text.parse().map_err(|_| wrong())?;
            (f64::from(users), LevelUnit::Users)
        };
        if level > LEVEL_MAX {
            return Err(format!("a level is at most {LEVEL_MAX}"));
        }
        if self.unit.is_some_and(|before| before != unit) {
            return Err("rates and numbers of users don't mix in one load".to_owned());
        }
        self.unit = Some(unit);
        Ok(level)
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

    fn error(text: &str) -> String {
        text.parse::<Stages>().unwrap_err().to_string()
    }

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} is not {right}");
    }

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
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
            let (found, stage) = stages.at(seconds(at)).unwrap();
            close(found, level);
            assert_eq!(stage, name);
        }
        assert_eq!(stages.at(seconds(30.0)), None);
        close(stages.most(), 900.0);
    }

    #[test]
    fn as_many_requests_are_due_as_lie_below_the_line() {
        // 500 on the way up, 1,000, 2,000 in the spike, 500 on the way down.
        let stages = stages("ramp:100/s:10s,hold:10s,spike:1000/s:2s,ramp:0/s:10s");
        let due: Vec<_> = stages.due().collect();
        assert_eq!(due.len(), 4_000);
        assert_eq!(due[0], Duration::ZERO);
        assert!(due.is_sorted());
        // A quarter of a ramp's requests are due at its half.
        let until = |end: f64| due.iter().filter(|due| **due < seconds(end)).count();
        assert_eq!(until(5.0), 125);
        assert_eq!(until(10.0), 500);
        assert_eq!(until(20.0), 1_500);
        assert_eq!(until(22.0), 3_500);
        assert_eq!(until(27.0), 3_875);
    }

    #[test]
    fn a_steady_rate_is_evenly_spaced_to_its_end() {
        let due: Vec<_> = stages("hold:4/s:2s").due().map(|due| due.as_millis()).collect();
        assert_eq!(due, [0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750]);
        let long = Stages::hold_rate("977/s".parse().unwrap(), Duration::from_hours(1));
        assert_eq!(long.due().count(), 977 * 3_600);
    }

    #[test]
    fn a_rate_of_nothing_is_a_pause() {
        let due: Vec<_> = stages("hold:2/s:1s,hold:0/s:1h,hold:2/s:1s").due().collect();
        let hour = Duration::from_hours(1);
        assert_eq!(
            due,
            [0, 500, 1_000, 1_500]
                .map(Duration::from_millis)
                .map(|due| { if due < Duration::from_secs(1) { due } else { due + hour } })
        );
    }

    #[test]
    fn users_are_whole_and_constant_levels_are_known() {
        let users = stages("ramp:200:30s,hold:1m");
        assert_eq!((users.unit(), users.constant()), (LevelUnit::Users, None));
        assert_eq!(stages("hold:7:1s,hold:1s").constant(), Some(7.0));
        assert_eq!(Stages::hold_users(3, Duration::from_secs(1)).constant(), Some(3.0));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_stage() {
        assert!(error("jump:5/s:1s").starts_with("stage 1, `jump:5/s:1s`: expected `ramp:"));
        assert_eq!(error("hold:5s"), "stage 1, `hold:5s`: there is no level yet to hold");
        assert!(
            error("hold:5/s:1s,ramp:x:1s").starts_with("stage 2, `ramp:x:1s`: `x` is no level")
        );
        assert!(error("hold:5/s:soon").contains("a time with its unit"));
        assert!(error("hold:5/s:0s").ends_with("a stage takes some time"));
        assert!(error("hold:5/s:1s,hold:3:1s").ends_with("don't mix in one load"));
        assert!(error("hold:2000000:1s").ends_with("a level is at most 1000000"));
        assert_eq!(error("hold:0/s:1s"), "all levels are zero: nothing would be sent");
        assert!(error("hold:1/s:25h").contains("24 h"));
        assert!(error(&["hold:1:1s"; 101].join(",")).contains("at most 100 stages"));
        assert!(error("").contains("expected `ramp:"));
    }

    #[test]
    fn they_are_shown_as_they_were_typed() {
        assert_eq!(stages("hold:5/s:1s, spike:9/s:1s").to_string(), "hold:5/s:1s,spike:9/s:1s");
    }
}
