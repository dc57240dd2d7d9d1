//! Medians and percentiles.

/// The middle value, or the mean of the two in the middle; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[sorted.len() / 2 - 1], upper))
}

/// The smallest value that at least `per_mille` of a thousand values do not exceed (nearest rank,
/// nothing interpolated); `None` of nothing.
///
/// # Panics
/// If `per_mille` is 0 or above 1000.
pub fn percentile<T: Ord + Copy>(values: &mut [T], per_mille: usize) -> Option<T> {
    assert!((1..=1000).contains(&per_mille), "{per_mille} of a thousand");
    values.sort_unstable();
    let rank = (values.len() * per_mille).div_ceil(1000);
    values.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_care_for_order_or_outliers() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7.0]), Some(7.0));
        assert_eq!(median(&[9.0, 1.0]), Some(5.0));
        assert_eq!(median(&[3.0, 1_000.0, 1.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let mut hundred: Vec<u32> = (1..=100).rev().collect();
        assert_eq!(percentile(&mut hundred, 990), Some(99));
        assert_eq!(percentile(&mut hundred, 991), Some(100));
        assert_eq!(percentile(&mut hundred, 500), Some(50));
        assert_eq!(percentile(&mut hundred, 1), Some(1));
        assert_eq!(percentile(&mut hundred, 1000), Some(100));
        assert_eq!(percentile(&mut [5], 990), Some(5));
        assert_eq!(percentile::<u32>(&mut [], 990), None);
    }
}
