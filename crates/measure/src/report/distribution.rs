//! How often which latency occurred, in steps of equal ratio.

use serde::{Deserialize, Serialize};

use super::thousandths;
use crate::Latencies;

/// Steps from one microsecond to ten, from ten to a hundred, and so on.
const BINS_A_DECADE: f64 = 40.0;

/// Latencies above `from_us` and up to `to_us`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bin {
    /// Exclusive.
    pub from_us: f64,
    /// Inclusive.
    pub to_us: f64,
    /// How many.
    pub count: u64,
}

/// Every bin from the first to the last that is not empty.
pub(super) fn of(latencies: &Latencies) -> Vec<Bin> {
    let mut bins: Vec<(i32, u64)> = Vec::new();
    for (latency, count) in latencies.iter() {
        let number = bin_of(latency.as_secs_f64() * 1e6);
        let next = bins.last().map_or(number, |(last, _)| last + 1);
        bins.extend((next..=number).map(|empty| (empty, 0)));
        if let Some((_, counted)) = bins.last_mut() {
            *counted += count;
        }
    }
    let edge = |number: i32| thousandths(10_f64.powf(f64::from(number) / BINS_A_DECADE));
    bins.into_iter()
        .map(|(number, count)| Bin { from_us: edge(number - 1), to_us: edge(number), count })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "an hour is in bin 383")]
fn bin_of(latency_us: f64) -> i32 {
    // The histogram's finest step stands for zero, too.
    (latency_us.max(0.064).log10() * BINS_A_DECADE).ceil() as i32
}
