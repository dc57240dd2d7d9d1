//! How fast requests are made up, so that the making is never the limit of a load.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::{Making, Mix, TASKS, Task};
use crate::load::source::Outfit;

/// So many in a row; fewer than are remembered of those before, so that there is always one to name.
const IN_A_ROW: u32 = 5_000;
const SEED: u64 = 1;

/// Makes `rows` times 5,000 requests of each kind, down to their bytes, on the core that asks. Gives the name
/// of each kind and how many a second were made.
pub(crate) fn made_per_second(rows: u32) -> Vec<(&'static str, f64)> {
    TASKS.into_iter().map(|(task, name)| (name, of(task, rows))).collect()
}

fn of(task: Task, rows: u32) -> f64 {
    let target = "http://127.0.0.1:8000".parse().expect("a target");
    let making = Making::new(Mix { tasks: vec![(task, 1)] }, Outfit::bare(target), SEED);
    let mut busy = Duration::ZERO;
    for _ in 0..rows {
        for number in 0..IN_A_ROW {
            // As long as the locations that are answered.
            let id = format!("01a1fdc0-1a4c-71b9-9627-{number:012}");
            making.purchases.add(&format!("/api/Orders/{id}"), 0);
            making.orders.add(&format!("/api/v3/order/{id}"), 0);
        }
        let began = Instant::now();
        for _ in 0..IN_A_ROW {
            black_box(making.next());
        }
        busy += began.elapsed();
    }
    f64::from(rows) * f64::from(IN_A_ROW) / busy.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_made() {
        let made = made_per_second(1);
        assert_eq!(made.len(), TASKS.len());
        assert!(made.iter().all(|(_, rate)| *rate > 0.0 && rate.is_finite()), "{made:?}");
    }
}
