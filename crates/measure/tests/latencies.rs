//! Histograms against a naive model: a sorted list.

use std::time::Duration;

use measure::{LATENCY_MAX, Latencies, Percentile};
use proptest::prelude::*;

/// A value read back is too high by at most a thousandth or a step of the histogram.
fn matches(found: Duration, naive: u64) -> bool {
    let found = u64::try_from(found.as_nanos()).unwrap();
    let above = naive.div_ceil(1_000).max(64);
    (naive..=naive + above).contains(&found)
}

fn of(nanoseconds: &[u64]) -> Latencies {
    nanoseconds.iter().copied().map(Duration::from_nanos).collect()
}

/// Nanoseconds up to an hour, of every size.
fn nanoseconds() -> impl Strategy<Value = u64> {
    (0_u32..42, any::<u64>()).prop_map(|(bits, random)| {
        (random % (1 << bits)).min(u64::try_from(LATENCY_MAX.as_nanos()).unwrap())
    })
}

proptest! {
    #[test]
    fn percentiles_are_those_of_a_sorted_list(
        mut values in prop::collection::vec(nanoseconds(), 1..300),
        per_mille in 1_u64..=1_000,
    ) {
        let latencies = of(&values);
        values.sort_unstable();
        let rank = (values.len() as u64 * per_mille).div_ceil(1_000);
        let naive = values[usize::try_from(rank).unwrap() - 1];
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let percentile = Percentile::new(per_mille as f64 / 10.0).unwrap();
        let found = latencies.at(percentile).unwrap();
        // 29.3 % of 1000 is 293.00000000000006 in binary: one rank more is as good.
        let next = values.get(usize::try_from(rank).unwrap()).copied().unwrap_or(naive);
        prop_assert!(
            matches(found, naive) || matches(found, next),
            "{percentile} is {found:?} instead of {naive} ns"
        );
        prop_assert!(matches(latencies.max().unwrap(), *values.last().unwrap()));
        prop_assert!(latencies.min().unwrap() <= Duration::from_nanos(values[0]));
        prop_assert_eq!(latencies.count(), values.len() as u64);
    }

    #[test]
    fn the_mean_is_that_of_the_list(values in prop::collection::vec(nanoseconds(), 1..300)) {
        #[expect(clippy::cast_precision_loss, reason = "the mean is not exact either")]
        let naive = values.iter().sum::<u64>() as f64 / values.len() as f64;
        let mean = of(&values).mean().unwrap().as_secs_f64() * 1e9;
        prop_assert!((mean - naive).abs() <= naive / 1_000.0 + 64.0, "{mean} instead of {naive}");
    }

    #[test]
    fn merging_is_as_if_all_had_been_recorded_in_one(
        parts in prop::collection::vec(prop::collection::vec(nanoseconds(), 0..50), 0..6),
    ) {
        let mut merged = Latencies::new();
        for part in &parts {
            merged.merge(&of(part));
        }
        let all = of(&parts.concat());
        prop_assert_eq!(&merged, &all);
        prop_assert_eq!(merged.max(), all.max());
        prop_assert_eq!(merged.min(), all.min());
        prop_assert_eq!(merged.iter().map(|(_, count)| count).sum::<u64>(), all.count());
    }
}

#[test]
fn nothing_has_no_figures() {
    let none = Latencies::new();
    assert!(none.is_empty());
    assert_eq!((none.min(), none.mean(), none.max()), (None, None, None));
    assert_eq!(none.at(Percentile::P50), None);
}

#[test]
fn what_is_longer_than_the_bound_counts_as_the_bound() {
    let latencies: Latencies = [Duration::MAX, LATENCY_MAX * 3].into_iter().collect();
    assert_eq!(latencies.count(), 2);
    let longest = latencies.max().unwrap();
    assert!(longest >= LATENCY_MAX && longest < LATENCY_MAX * 2, "{longest:?}");
}

#[test]
fn a_percentile_is_above_zero_and_at_most_a_hundred() {
    for wrong in [0.0, -1.0, 100.1, f64::NAN, f64::INFINITY] {
        assert_eq!(Percentile::new(wrong), None, "{wrong}");
    }
    assert_eq!(Percentile::new(99.9), Some(Percentile::P99_9));
    assert_eq!(Percentile::P99_9.to_string(), "p99.9");
    assert_eq!(Percentile::P50.to_string(), "p50");
}
