//! Times of a piece of work, lap by lap, so that a moment in which the machine did something else costs
//! one lap of one round.

use std::time::{Duration, Instant};

/// How many commands a lap has.
const LAP: usize = 1_000;

/// The time of each lap.
#[derive(Clone, Default)]
pub struct Laps(Vec<Duration>);

impl Laps {
    /// Does `work` with every item.
    pub fn of<T>(items: impl IntoIterator<Item = T>, mut work: impl FnMut(T)) -> Self {
        let mut laps = Vec::new();
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let begun = Instant::now();
            items.by_ref().take(LAP).for_each(&mut work);
            laps.push(begun.elapsed());
        }
        Self(laps)
    }

    /// Does a part of the work with item `number`; the reading of the clock counts.
    pub fn time<T>(&mut self, number: usize, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        let took = begun.elapsed();
        if number.is_multiple_of(LAP) {
            self.0.push(Duration::ZERO);
        }
        if let Some(lap) = self.0.last_mut() {
            *lap += took;
        }
        done
    }

    /// Of each lap the better time.
    pub fn best(self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, two)| *one.min(two)).collect())
    }

    pub fn seconds(&self) -> f64 {
        self.0.iter().sum::<Duration>().as_secs_f64()
    }
}
