//! The time at which each request of a load is due.

use std::time::Duration;

use super::Stage;

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

impl<'a> Due<'a> {
    pub(super) fn of(stages: &'a [Stage]) -> Self {
        Self { stages, begin: Duration::ZERO, before: 0.0, told: 0 }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::stages::Stages;

    fn stages(text: &str) -> Stages {
        text.parse().unwrap()
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
        let until = |end: f64| due.iter().filter(|due| due.as_secs_f64() < end).count();
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
}
