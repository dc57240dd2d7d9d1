//! From values to places on an axis, and where its grid lines are.

/// Wanted grid lines of an axis; there may be a few more or fewer.
const TICKS: f64 = 5.0;
/// The same of the time axis, which is wider.
const TIME_TICKS: f64 = 10.0;
/// Steps in which people count seconds.
const TIME_STEPS: [f64; 20] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
    3600.0, 7200.0, 14_400.0, 21_600.0, 43_200.0,
];
/// Above this ratio of its ends, a log axis has lines at 1, 10, 100 only, else at 1, 2, 5, 10.
const DENSE_RATIO_MAX: f64 = 300.0;

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    kind: Kind,
    /// Values with a grid line, ascending.
    pub(super) ticks: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Equal differences are equally far apart. Begins at zero.
    Linear { to: f64 },
    /// Equal ratios are.
    Log { from: f64, to: f64 },
}

impl Scale {
    /// From zero to a round number that is not below any of `values`.
    pub(super) fn from_zero(values: impl Iterator<Item = f64>) -> Self {
        let most = values.fold(0.0, f64::max);
        let step = if most > 0.0 { round_up(most / TICKS) } else { 1.0 };
        let to = (most / step).ceil().max(1.0) * step;
        Self { kind: Kind::Linear { to }, ticks: steps(step, to) }
    }

    /// From zero to `seconds`, with lines where people expect them.
    pub(super) fn time(seconds: f64) -> Self {
        let to = seconds.max(TIME_STEPS[0]);
        let days = || (to / TIME_TICKS / 86_400.0).ceil() * 86_400.0;
        let step = TIME_STEPS.into_iter().find(|step| to / step <= TIME_TICKS);
        Self { kind: Kind::Linear { to }, ticks: steps(step.unwrap_or_else(days), to) }
    }

    /// From one round number to another, around all of `values`, which are above zero.
    pub(super) fn log(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        if most <= 0.0 {
            return Self { kind: Kind::Log { from: 1.0, to: 10.0 }, ticks: vec![1.0, 10.0] };
        }
        let dense = most / least <= DENSE_RATIO_MAX;
        let from = if dense { round_down(least) } else { power_below(least) };
        let to = round_up(most).max(round_up(from * 1.5));
        let next = |last: &f64| Some(if dense { round_up(last * 1.5) } else { last * 10.0 });
        let ticks = std::iter::successors(Some(from), next);
        let ticks = ticks.take_while(|tick| *tick <= to * 1.000_001).collect();
        Self { kind: Kind::Log { from, to }, ticks }
    }

    /// 0 at the beginning of the axis, 1 at its end; never outside.
    pub(super) fn place(&self, value: f64) -> f64 {
        let place = match self.kind {
            Kind::Linear { to } => value / to,
            Kind::Log { from, to } => (value.max(from) / from).ln() / (to / from).ln(),
        };
        place.clamp(0.0, 1.0)
    }
}

/// 0, `step`, twice `step` ... up to `to`.
fn steps(step: f64, to: f64) -> Vec<f64> {
    let lines = (0_u32..).map(|number| f64::from(number) * step);
    lines.take_while(|line| *line <= to * 1.000_001).collect()
}

/// The largest power of ten that is not above the value.
fn power_below(value: f64) -> f64 {
    10_f64.powf(value.log10().floor())
}

/// The largest of ..., 0.5, 1, 2, 5, 10, ... that is not above the value.
fn round_down(value: f64) -> f64 {
    let power = power_below(value);
    let digit = [5.0, 2.0].into_iter().find(|digit| digit * power <= value * 1.000_001);
    digit.unwrap_or(1.0) * power
}

/// The smallest of them that is not below it.
fn round_up(value: f64) -> f64 {
    let power = power_below(value);
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * power >= value * 0.999_999);
    digit.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: &[f64], right: &[f64]) {
        assert_eq!(left.len(), right.len(), "{left:?} {right:?}");
        for (left, right) in left.iter().zip(right) {
            assert!((left - right).abs() < right.abs() * 1e-9 + 1e-12, "{left} is not {right}");
        }
    }

    #[test]
    fn a_linear_axis_ends_at_a_round_number() {
        let scale = Scale::from_zero([3.0, 940.0].into_iter());
        close(&scale.ticks, &[0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        close(&[scale.place(0.0), scale.place(500.0), scale.place(2000.0)], &[0.0, 0.5, 1.0]);
        close(&Scale::from_zero([].into_iter()).ticks, &[0.0, 1.0]);
    }

    #[test]
    fn a_log_axis_holds_every_value_between_round_numbers() {
        let scale = Scale::log([350.0, 4_200.0].into_iter());
        close(&scale.ticks, &[200.0, 500.0, 1000.0, 2000.0, 5000.0]);
        close(&[scale.place(200.0), scale.place(1000.0), scale.place(5000.0)], &[0.0, 0.5, 1.0]);
        close(&Scale::log([30.0, 70_000.0].into_iter()).ticks, &[10.0, 100.0, 1e3, 1e4, 1e5]);
        close(&Scale::log([100.0].into_iter()).ticks, &[100.0, 200.0]);
    }

    #[test]
    fn a_time_axis_counts_as_people_do() {
        close(&Scale::time(12.4).ticks, &[0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
        close(&Scale::time(300.0).ticks[..3], &[0.0, 30.0, 60.0]);
        close(&Scale::time(7.0 * 3600.0).ticks[..3], &[0.0, 3600.0, 7200.0]);
        close(&Scale::time(30.0 * 86_400.0).ticks[..2], &[0.0, 259_200.0]);
    }
}
