//! Stages as people type them.

use std::str::FromStr;

use measure::{LevelUnit, Rate, read_time};

use super::{LENGTH_MAX, LEVEL_MAX, Stage, Stages};

/// Stages in one text.
const STAGES_MAX: usize = 100;

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
        let length = read_time(length).map_err(|error| error.to_string())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Stages>().unwrap_err().to_string()
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
}
