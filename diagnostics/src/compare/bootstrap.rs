//! How sure a difference between two runs is.
//!
//! What is compared are the intervals of two runs, mostly seconds. Neighbouring seconds resemble one
//! another: a queue, a checkpoint or a busy neighbour lasts for several. A test that takes them for
//! independent (Mann-Whitney, Student) is too sure of itself. The *circular block bootstrap* (Politis and
//! Romano, 1992) draws stretches of neighbours instead of single ones, so that what lasts goes on
//! lasting in what is drawn; and it gives what people want to know, an interval in which the difference
//! lies, instead of a probability of no difference at all.

use fastrand::Rng;

use crate::median::median;

/// How often both runs are drawn anew.
const DRAWS: usize = 5_000;

/// What is computed of the intervals of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    /// The middle one: what a typical interval was like, whatever the worst did.
    Median,
    /// The mean.
    Mean,
}

/// How two values differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// As a share of the first.
    Relative,
    /// The second less the first.
    Absolute,
}

/// A difference, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) difference: f64,
    /// It lies above this...
    pub(super) low: f64,
    /// ... and below this, with the confidence that was asked for.
    pub(super) high: f64,
}

/// Compares the intervals of two runs, at least one each. `confidence` is below 1.
pub(super) fn compare(
    before: &[f64],
    after: &[f64],
    (statistic, difference): (Statistic, Difference),
    confidence: f64,
    chance: &mut Rng,
) -> Estimate {
    let (was, is) = (statistic.of(&mut before.to_vec()), statistic.of(&mut after.to_vec()));
    let mut drawn = Vec::new();
    let mut differences: Vec<f64> = (0..DRAWS)
        .map(|_| {
            draw(before, &mut drawn, chance);
            let was = statistic.of(&mut drawn);
            draw(after, &mut drawn, chance);
            difference.of(was, statistic.of(&mut drawn))
        })
        .collect();
    differences.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Estimate {
        before: was,
        after: is,
        difference: difference.of(was, is),
        low: at(&differences, tail),
        high: at(&differences, 1.0 - tail),
    }
}

/// As many as there are, in stretches of neighbours; behind the last comes the first.
fn draw(from: &[f64], into: &mut Vec<f64>, chance: &mut Rng) {
    let stretch = stretch(from.len());
    into.clear();
    while into.len() < from.len() {
        let begin = chance.usize(0..from.len());
        let neighbours = from.iter().cycle().skip(begin).take(stretch);
        into.extend(neighbours.take(from.len() - into.len()));
    }
}

/// The usual length: the cube root of how many there are.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a report has few intervals"
)]
fn stretch(intervals: usize) -> usize {
    (intervals as f64).cbrt().ceil() as usize
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "there are few draws"
)]
fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

impl Statistic {
    /// Of at least one; their order is lost.
    #[expect(clippy::cast_precision_loss, reason = "a report has few intervals")]
    fn of(self, values: &mut [f64]) -> f64 {
        match self {
            Self::Mean => values.iter().sum::<f64>() / values.len() as f64,
            Self::Median => median(values).expect("there is at least one"),
        }
    }
}

impl Difference {
    fn of(self, before: f64, after: f64) -> f64 {
        match self {
            Self::Absolute => after - before,
            Self::Relative if before == 0.0 && after == 0.0 => 0.0,
            Self::Relative => (after - before) / before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P99: (Statistic, Difference) = (Statistic::Median, Difference::Relative);

    /// Intervals around `level`, each half like the one before: some seconds are slow together.
    fn run(level: f64, noise: f64, intervals: usize, chance: &mut Rng) -> Vec<f64> {
        let mut off = 0.0;
        let mut next = || {
            let fresh: f64 = (0..12).map(|_| chance.f64()).sum::<f64>() - 6.0;
            off = 0.5 * off + fresh;
            level * (1.0 + noise * off)
        };
        (0..intervals).map(|_| next()).collect()
    }

    #[test]
    fn the_middle_and_the_mean() {
        assert!((Statistic::Median.of(&mut [9.0, 1.0, 2.0, 4.0]) - 3.0).abs() < f64::EPSILON);
        assert!((Statistic::Mean.of(&mut [9.0, 1.0, 2.0, 4.0]) - 4.0).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_drawn_keeps_neighbours_together() {
        let from: Vec<f64> = (0..27_u32).map(f64::from).collect();
        let mut drawn = Vec::new();
        draw(&from, &mut drawn, &mut Rng::with_seed(4));
        assert_eq!(drawn.len(), 27);
        for stretch in drawn.chunks(3) {
            for pair in stretch.windows(2) {
                let next = (pair[0] + 1.0) % 27.0;
                assert!((pair[1] - next).abs() < f64::EPSILON, "{drawn:?}");
            }
        }
    }

    #[test]
    fn equal_runs_seldom_differ() {
        let chance = &mut Rng::with_seed(11);
        let mut differ = 0;
        for _ in 0..40 {
            let (before, after) = (run(10.0, 0.1, 40, chance), run(10.0, 0.1, 40, chance));
            let estimate = compare(&before, &after, P99, 0.95, chance);
            differ += u32::from(estimate.low > 0.0 || estimate.high < 0.0);
        }
        // Two are to be expected; that neighbours resemble one another costs a few more.
        assert!(differ <= 6, "{differ} of 40 equal pairs differ");
    }

    #[test]
    fn a_difference_that_is_there_is_found_with_its_size() {
        let chance = &mut Rng::with_seed(12);
        for _ in 0..10 {
            let (before, after) = (run(10.0, 0.05, 60, chance), run(12.0, 0.05, 60, chance));
            let estimate = compare(&before, &after, P99, 0.95, chance);
            assert!(
                estimate.low > 0.0 && estimate.low < 0.2 && estimate.high < 0.4,
                "{estimate:?}"
            );
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_answer() {
        let chance = &mut Rng::with_seed(13);
        let (before, after) = (run(10.0, 0.1, 30, chance), run(11.0, 0.1, 30, chance));
        let answer = || compare(&before, &after, P99, 0.95, &mut Rng::with_seed(1));
        assert_eq!(answer(), answer());
    }

    #[test]
    fn nothing_before_and_nothing_after_is_no_difference() {
        let chance = &mut Rng::with_seed(1);
        let estimate = compare(&[0.0; 20], &[0.0; 20], P99, 0.95, chance);
        assert!(estimate.difference.abs() < f64::EPSILON && estimate.high.abs() < f64::EPSILON);
    }
}
